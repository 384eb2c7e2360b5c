import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

const NAME = 'service_worker.js';

/**
 * Builds a script as the page's service worker and writes into it, as `PAGE_FILES`, what the page is made of, as
 * `LATER_FILES` what is kept once it was asked for, and, as `PAGE_VERSION`, a digest of all that: another one where any
 * byte of the page is.
 * @param later modules whose chunks, and names of workers' scripts, that are for few visitors
 */
export function serviceWorker(script: string, later: RegExp): Plugin {
  let publicFolder = '';
  return {
    name: 'service-worker',
    apply: 'build',
    enforce: 'post',
    configResolved: ({ publicDir }) => void (publicFolder = publicDir),
    buildStart() {
      this.emitFile({ type: 'chunk', id: script, fileName: NAME });
    },
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const built = Object.values(bundle).filter(({ fileName }) => fileName !== NAME && !fileName.endsWith('.map'));
        const files = new Map<string, string | Uint8Array>(
          built.map((file) => [file.fileName, file.type === 'chunk' ? file.code : file.source]),
        );
        for (const path of readdirSync(publicFolder, { recursive: true, withFileTypes: true })) {
          if (!path.isFile()) continue;
          const file = join(path.parentPath, path.name);
          files.set(file.slice(publicFolder.length + 1).replaceAll('\\', '/'), readFileSync(file));
        }
        const digest = createHash('sha256');
        const names = [...files.keys()].sort();
        for (const name of names) digest.update(name).update(files.get(name)!);
        // The page itself is asked for by its folder's name.
        const page = names.filter((name) => name !== 'index.html');
        const isLater = (name: string) => {
          const file = bundle[name];
          return file?.type === 'chunk' ? file.moduleIds.some((id) => later.test(id)) : later.test(name);
        };
        const worker = bundle[NAME];
        if (worker?.type !== 'chunk') throw new Error(`${script} was not built.`);
        const version = digest.digest('hex').slice(0, 16);
        const lists = {
          PAGE_FILES: page.filter((name) => !isLater(name)),
          LATER_FILES: page.filter(isLater),
          PAGE_VERSION: version,
        };
        const constants = Object.entries(lists).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
        worker.code = `const ${constants.join(',')};\n${worker.code}`;
      },
    },
  };
}
