import { LicenseError, quote, UsageError } from '../errors.js';
import type { KnownModel } from './families/index.js';
import { nearest } from '../arguments/nearest.js';
import { registry } from './registry.js';

/** The entry of a registry name; undefined when there is none. */
export function findEntry(name: string): KnownModel | undefined {
  return registry.find((entry) => entry.name === name);
}

/** The entry of a registry name. @throws UsageError `MODEL_NAME` listing the names there are */
export function entryByName(name: string): KnownModel {
  const entry = findEntry(name);
  if (entry) return entry;
  const names = registry.map((known) => known.name);
  const near = nearest(name, names);
  throw new UsageError('MODEL_NAME', `There is no model ${quote(name)}.`, {
    actual: name,
    expected: names,
    hint: `${near ? `Did you mean ${near}? ` : ''}Models: ${names.join(', ')}.`,
    phase: 'load',
  });
}

/** Refuses weights whose terms the caller has not accepted. @throws LicenseError `LICENSE_NOT_ACCEPTED` */
export function checkLicence({ title, licence, weights }: KnownModel, accepted: boolean): void {
  if (licence.permissive || accepted) return;
  throw new LicenseError(
    'LICENSE_NOT_ACCEPTED',
    `The weights of ${title} come under this licence: ${licence.name}. They are not free for every use.`,
    {
      hint: `Read ${weights.page}, then pass acceptLicense: true (--accept-license on the command line).`,
    },
  );
}

/**
 * Where the published weights of a model are. @throws UsageError `WEIGHTS_UNPUBLISHED` where nobody publishes
 * safetensors
 */
export function publishedSource({ title, weights }: KnownModel): string {
  if (weights.source !== undefined) return weights.source;
  throw new UsageError('WEIGHTS_UNPUBLISHED', `Nobody publishes ${title} as safetensors.`, {
    hint: `Get the checkpoint from ${weights.page}, convert it to safetensors, and pass it as weights.`,
    phase: 'load',
  });
}
