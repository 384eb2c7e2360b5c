import { LicenseError, quote, UsageError } from '../errors.js';
import { registry, type ModelEntry } from './registry.js';

export function unknownName(name: string): UsageError {
  const names = registry.map((entry) => entry.name);
  return new UsageError('MODEL_NAME', `There is no model ${quote(name)}.`, {
    actual: name,
    expected: names,
    hint: `Models: ${names.join(', ')}.`,
    phase: 'load',
  });
}

export function termsNotAccepted({ title, licence, weights }: ModelEntry): LicenseError {
  return new LicenseError(
    'LICENSE_NOT_ACCEPTED',
    `The weights of ${title} come under this licence: ${licence.name}. They are not free for every use.`,
    {
      hint: `Read ${weights.page}, then pass acceptLicense: true (--accept-license on the command line).`,
    },
  );
}

export function unpublished({ title, weights }: ModelEntry): UsageError {
  return new UsageError('WEIGHTS_UNPUBLISHED', `Nobody publishes ${title} as safetensors.`, {
    hint: `Get the checkpoint from ${weights.page}, convert it to safetensors, and pass it as weights.`,
    phase: 'load',
  });
}
