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
    edits: [['src/runtime/engine.ts', 'checkFinite(entry.name, values, checkpoint.source);', '{ maxAbs: 1 };']],
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
    name: 'weights that are not freed by dispose',
    edits: [['src/runtime/engine.ts', 'this.#store.dispose();', '']],
    check: checks.disposeLeavesNothing,
  },
  {
    name: 'programs that are not freed by dispose',
    edits: [['src/runtime/engine.ts', 'for (const key of [...this.#programs.keys()]) this.#drop(key);', '']],
    check: checks.disposeLeavesNothing,
  },
  {
    name: 'a listener that stays on a device',
    edits: [['src/gpu/gpu.ts', "this.device.removeEventListener('uncapturederror', this.#uncaptured);", '']],
    check: checks.disposeLeavesNothing,
  },
  {
    name: 'a device of our own that is not destroyed',
    edits: [['src/gpu/gpu.ts', '      this.device.destroy();\n', '']],
    check: checks.disposeLeavesNothing,
  },
  {
    name: 'a fault that fails the first of several runs only',
    edits: [
      [
        'src/gpu/gpu.ts',
        'for (const entry of this.#underWay) entry.fault ??= error;',
        'for (const entry of [...this.#underWay].slice(0, 1)) entry.fault ??= error;',
      ],
    ],
    check: checks.faultsFailEveryRun,
  },
  {
    name: 'a fault that no run is told of',
    edits: [['src/gpu/gpu.ts', 'for (const entry of this.#underWay) entry.fault ??= error;', '']],
    check: checks.faultsFailEveryRun,
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
  {
    name: 'values cut off at the range of f16 without a flag',
    edits: [['src/runtime/looks.ts', 'if (overflow && flag)', 'if (false)']],
    check: checks.overflowIsNoticed,
  },
  {
    name: 'values cut off without a flag where a run is encoded',
    edits: [
      [
        'src/runtime/encode.ts',
        'watch.follow(engine, { executable: program.executable, map, bytes: bytesOf(given) });',
        '',
      ],
    ],
    check: checks.overflowIsNoticedWhereEncoded,
  },
  {
    name: 'flat maps of a network that answers nothing',
    edits: [['src/runtime/estimate.ts', 'if (found) await checkAnswers(life, engine, signal);', '']],
    check: checks.flatMapsAreRefused,
  },
  {
    name: 'an error for every flat map',
    edits: [['src/runtime/answers.ts', '!differ(a, b)', 'true']],
    check: checks.flatPicturesAreNot,
  },
  {
    name: 'a map that is the same for every picture, and not flat',
    edits: [['src/runtime/engine.ts', 'this.looks.doubtful = true;', '']],
    check: checks.picturesAreSeen,
  },
  {
    name: 'layers of zeros without a word',
    edits: [['src/runtime/engine.ts', 'if (zero.length > 0)', 'if (false)']],
    check: checks.zerosAreNamed,
  },
  {
    name: 'zeros in every layer',
    edits: [['src/weights/misfit.ts', 'if (names.length < layers)', 'if (true)']],
    check: checks.zerosAreRefused,
  },
  {
    name: 'a change to f32 that frees what recorded runs use',
    edits: [['src/runtime/encode.ts', 'engine.lent = true;', '']],
    check: checks.recordedRunsAreKept,
  },
  {
    name: 'a change to f32 under a run that is compiled',
    edits: [['src/runtime/encode.ts', 'engine.runs.hold()', '() => undefined']],
    check: checks.compiledRunsAreKept,
  },
  {
    name: 'calls out of order after a loss',
    edits: [['src/arguments/abort.ts', 'return new Promise(', 'if (!signal) return work;\n  return new Promise(']],
    check: checks.callsKeepTheirOrder,
  },
  {
    name: 'a wait without a limit',
    edits: [['src/gpu/scoped.ts', 'submitWithinTime(device, Promise.all(popped), what, phase)', 'Promise.all(popped)']],
    check: checks.waitsAreLimited,
  },
];
