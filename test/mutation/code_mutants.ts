import * as checks from './code_checks.js';

/** A seeded wrong library: text of its sources that stands once is replaced. */
export interface CodeMutant {
  readonly name: string;
  /** File, text, and what takes its place. */
  readonly edits: readonly (readonly [file: string, from: string, to: string])[];
  /** What has to notice. */
  readonly check: checks.Check;
}

export const codeMutants: readonly CodeMutant[] = [
  {
    name: 'nesting of a header without a bound',
    edits: [['src/weights/format/header_json.ts', 'if (depth > MAX_DEPTH) this.#fail', 'if (false) this.#fail']],
    check: checks.nestingIsBounded,
  },
  {
    name: 'any number of tensors in a header',
    edits: [
      ['src/weights/format/header_json.ts', 'members.size === this.#limits.maxMembers', 'false'],
      ['src/weights/format/safetensors.ts', 'entries.length > maxTensors', 'false'],
    ],
    check: checks.tensorsAreCounted,
  },
  {
    name: 'weights that are not finite',
    edits: [['src/runtime/engine.ts', 'checkFinite(entry.name, values, checkpoint.source);', '']],
    check: checks.valuesAreFinite,
  },
  {
    name: 'weights past the range of f16',
    edits: [['src/weights/constant_store.ts', 'checkHalfRange(constant', 'void (constant']],
    check: checks.halvesAreInRange,
  },
  {
    name: 'known answers that no kernel is asked in f32',
    edits: [['src/tuning/known_answer.ts', 'await runProbes(gpu, graph, probes, kernel);', '']],
    check: checks.answersAreAskedAtStart,
  },
  {
    name: 'memory for whatever size a header claims',
    edits: [
      ['src/weights/fetch/byte_reader.ts', 'new Uint8Array(Math.min(length, MAX_AHEAD))', 'new Uint8Array(length)'],
    ],
    check: checks.sizesAreNotBelieved,
  },
  {
    name: 'bytes of a 16-bit PNM swapped',
    edits: [
      ['src/depth/formats/pnm.ts', 'body[2 * i]! * 256 + body[2 * i + 1]!', 'body[2 * i + 1]! * 256 + body[2 * i]!'],
    ],
    check: checks.upperByteComesFirst,
  },
  {
    name: 'a config.json kept before it is read',
    edits: [
      [
        'src/weights/fetch/hub_fetch.ts',
        'const config = bytes && parseConfig(bytes, name);',
        'if (cache && bytes) await keepBytes(cache, url.href, bytes); const config = bytes && ' +
          'parseConfig(bytes, name);',
      ],
    ],
    check: checks.configIsReadBeforeItIsKept,
  },
];
