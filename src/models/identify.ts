import { ModelMismatchError, quote } from '../errors.js';
import type { TensorTable } from '../weights/format/tensor_table.js';
import { commonPrefix, mapNames, type NameMap } from '../weights/names.js';
import { families } from './families/index.js';
import type { FamilyCode, KnownFamily, Mark, NameStyle } from './family.js';

/** What a file's tensors tell: a published size of a family, and whose names they have. */
export interface Architecture {
  /** Id of the family. */
  readonly family: string;
  /** Published size within the family, such as `small` or `large-512`; ZoeDepth: `n`, `k` or `nk`. */
  readonly size: string;
  readonly nameStyle: NameStyle;
}

interface Found {
  readonly family: KnownFamily;
  readonly mark: Mark;
  /** What stands before every name of the file. */
  readonly prefix: string;
}

/** Families in the order they are tried. */
const known: readonly KnownFamily[] = [
  ...families.filter(({ first }) => first),
  ...families.filter(({ first }) => !first),
];

/** A tensor that every depth model ends in; without it the file is an encoder or something else. */
const HEAD = /(?:^|\.)(?:scratch\.output_conv[.0-9]|head\.conv3\.|head\.head\.4\.|metric_head\.)/;

/** Other kinds of file that people hand over by mistake. */
const STRANGERS: readonly (readonly [RegExp, string])[] = [
  [/(?:^|\.)da3_metric\./, 'a nested Depth Anything 3 model, which is two networks'],
  [/(?:^|\.)backbone\.pretrained\./, 'a Depth Anything 3 encoder alone; a depth model also has a decoder and a head'],
  [
    /(?:^|\.)(?:encoder\.layer\.0\.layer_scale1|blocks\.0\.ls1\.gamma)/,
    'a DINOv2 encoder alone; a depth model also has a decoder and a head',
  ],
  [/(?:^|\.)(?:model|transformer)\.(?:layers|h)\.0\.(?:self_attn|attn)\./, 'a language model'],
  [/(?:^|\.)down_blocks\.0\.|(?:^|\.)diffusion_model\./, 'a diffusion model'],
];

/** Characters of a prefix after which no more is left off: a name may have any number of parts. */
const MAX_PREFIX = 64;

/** For messages: `DPT Swin2 tiny (hub names)`. */
export function describeArchitecture({ family, size, nameStyle }: Architecture): string {
  const title = known.find(({ id }) => id === family)?.title ?? family;
  return `${title} ${size} (${nameStyle} names)`;
}

/**
 * Tells the family and size from the names and shapes of a file's tensors, and sizes that these leave open from its
 * metadata.
 * @throws ModelMismatchError `MODEL_UNKNOWN` with what the file looks like instead
 */
export function identify(table: TensorTable, source: string): Architecture {
  const found = findFamily(table);
  if (found)
    return { family: found.family.id, size: publishedSize(found, table, source), nameStyle: found.mark.nameStyle };
  const names = [...table.tensors.keys()];
  const stranger = STRANGERS.find(([mark]) => names.some((name) => mark.test(name)))?.[1];
  const guess = stranger
    ? `It looks like ${stranger}.`
    : names.length === 0
      ? 'It holds no tensors.'
      : `Its first tensors are ${names.slice(0, 3).map(quote).join(', ')}.`;
  throw new ModelMismatchError('MODEL_UNKNOWN', `${source}: this is not a depth model of a known family.`, {
    hint: guess,
    source,
    actual: names.slice(0, 3),
  });
}

/**
 * The tensors of a file by their names in the original checkpoint: without what training code put before all of them,
 * and those of the hub translated by the names of its family.
 * @throws as `mapNames`
 */
export function originalNames(table: TensorTable, source: string, { hubNames }: FamilyCode): NameMap {
  const found = findFamily(table);
  return mapNames(table, found?.mark.nameStyle === 'original' ? [] : hubNames, source, found?.prefix);
}

/**
 * The first family whose mark a file bears, if it has the head of a depth model.
 * @param prefix stands before every name, and is left off; where no family is found so, the next part of it is too
 */
function findFamily(table: TensorTable, prefix = ''): Found | undefined {
  const names = [...table.tensors.keys()].map((name) => name.slice(prefix.length));
  if (!names.some((name) => HEAD.test(name))) return undefined;
  const label = table.metadata.get('model');
  for (const family of known) {
    const mark = family.marks.find(
      (each) => (each.label === undefined || each.label === label) && names.some((name) => each.tensor.test(name)),
    );
    if (mark) return { family, mark, prefix };
  }
  const more = commonPrefix(names);
  return more === '' || prefix.length > MAX_PREFIX ? undefined : findFamily(table, prefix + more);
}

function publishedSize({ family, mark: { size }, prefix }: Found, table: TensorTable, source: string): string {
  if (typeof size === 'string') return size;
  const { dims, sizes } = size;
  const tensor = prefix + size.tensor;
  const shape = table.tensors.get(tensor)?.shape;
  const found = shape && sizes[dims.map((dim) => shape[dim]).join()];
  if (found !== undefined) return found;
  const have = shape ? `is [${shape.join(', ')}]` : 'is missing';
  throw new ModelMismatchError(
    'MODEL_UNKNOWN',
    `${source}: this looks like ${family.title}, but no published size fits: ${quote(tensor)} ${have}.`,
    {
      hint: `Dimension ${dims.join(' and ')} should be one of ${Object.keys(sizes).join('; ')}.`,
      source,
      tensor,
      expected: Object.keys(sizes),
      actual: shape,
    },
  );
}
