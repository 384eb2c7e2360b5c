import { LicenseError, quote, UsageError } from '../errors.js';
import type { KnownModel } from './families/index.js';
import { nearest } from '../arguments/nearest.js';
import { registry } from './registry.js';

/** The entry that a name of the registry or of the authors' tools means; undefined when there is none. */
export function findEntry(name: string): KnownModel | undefined {
  return registry.find((entry) => entry.name === name || entry.aliases.includes(name));
}

/** The entry that a name means, as `findEntry`. @throws UsageError `MODEL_NAME` listing the names there are */
export function entryByName(name: string): KnownModel {
  const entry = findEntry(name);
  if (entry) return entry;
  const names = registry.map((known) => known.name);
  const near = nearest(name, [...names, ...registry.flatMap(({ aliases }) => aliases)]);
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
