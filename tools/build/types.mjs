import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Entries of the package, and the declarations that `tsc` emits for them. */
const ENTRIES = {
  index: 'index.d.ts',
  colormaps: 'depth/colormaps.d.ts',
  eval: 'eval/index.d.ts',
  views: 'views/index.d.ts',
  heif: 'heif/index.d.ts',
  worker: 'worker/index.d.ts',
  node: 'node/index.d.ts',
};
/** Says nothing of faults: no release tags here, no hyphens after parameters, helper types that stay unexported. */
const SILENT = /^(?:ae-missing-release-tag|ae-forgotten-export|tsdoc-|console-)/;

/**
 * Writes one declaration file for each entry of the package, without what is marked `@internal`. Those of the others
 * but colours take from the first what stands there, as a class that stood in both would be two classes: of the
 * library, they may show only what `src/index.ts` exports.
 * @param {string} out folder the files go to
 */
export function buildTypes(out) {
  const emitted = mkdtempSync(join(tmpdir(), 'depthwise-types-'));
  try {
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    execFileSync(process.execPath, [tsc, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', emitted]);
    mkdirSync(out, { recursive: true });
    rollUp(join(emitted, ENTRIES.index), join(out, 'index.d.ts'));
    for (const name of ['colormaps', 'eval']) rollUp(join(emitted, ENTRIES[name]), join(out, `${name}.d.ts`));
    const installed = join(emitted, 'node_modules/depthwise');
    mkdirSync(installed, { recursive: true });
    cpSync(join(out, 'index.d.ts'), join(installed, 'index.d.ts'));
    for (const name of ['views', 'heif', 'worker', 'node']) {
      replaceIn(dirname(join(emitted, ENTRIES[name])), /'\.\.\/[^']+\.js'/g, "'depthwise'");
      rollUp(join(emitted, ENTRIES[name]), join(out, `${name}.d.ts`));
    }
    replaceIn(out, /['"]depthwise['"]/g, "'./index.js'", /^(?:views|heif|worker|node)\.d\.ts$/);
  } finally {
    rmSync(emitted, { recursive: true });
  }
}

/** @throws Error where API Extractor has something to say of the declarations */
function rollUp(entry, out) {
  const compilerOptions = {
    target: 'ES2022',
    lib: ['ES2024', 'DOM', 'DOM.Iterable', 'ESNext.Disposable'],
    module: 'ESNext',
    moduleResolution: 'bundler',
    strict: true,
    typeRoots: [join(ROOT, 'node_modules')],
    types: ['@webgpu/types', '@types/node'],
  };
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: ROOT,
      newlineKind: 'lf',
      mainEntryPointFilePath: entry,
      compiler: { overrideTsconfig: { compilerOptions } },
      dtsRollup: { enabled: true, untrimmedFilePath: '', publicTrimmedFilePath: out },
      apiReport: { enabled: false },
      docModel: { enabled: false },
      tsdocMetadata: { enabled: false },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(ROOT, 'package.json'),
  });
  const faults = [];
  Extractor.invoke(config, {
    localBuild: true,
    messageCallback(message) {
      message.handled = true;
      if (!SILENT.test(message.messageId))
        faults.push(`${message.messageId}: ${message.formatMessageWithLocation(ROOT)}`);
    },
  });
  if (faults.length > 0) throw new Error(`Declarations of ${entry}:\n${faults.join('\n')}`);
}

function replaceIn(folder, from, to, names = /\.d\.ts$/) {
  for (const name of readdirSync(folder).filter((file) => names.test(file))) {
    const file = join(folder, name);
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(from, to));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) buildTypes(join(ROOT, 'dist/types'));
