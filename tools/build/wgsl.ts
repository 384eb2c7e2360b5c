import { readFileSync } from 'node:fs';
import type { Plugin } from 'vite';

/** Imports `*.wgsl?raw` stripped when building; a development server leaves shaders as they are, for messages. */
export function wgsl(): Plugin {
  return {
    name: 'wgsl',
    enforce: 'pre',
    apply: 'build',
    load(id) {
      const file = /^(.*\.wgsl)\?raw$/.exec(id)?.[1];
      return file === undefined ? null : `export default ${JSON.stringify(stripWgsl(readFileSync(file, 'utf8')))};`;
    },
  };
}

/** Space beside signs that separate, where it means nothing. */
const SPACE = / *([,;:{}()]) */g;

/** WGSL without comments, blank lines, indentation and the space beside brackets and commas; lines stay lines. */
export function stripWgsl(source: string): string {
  return source
    .replace(/\/\*[^]*?\*\/|\/\/[^\n]*/g, '')
    .split('\n')
    .map((line) => line.trim().replace(SPACE, '$1'))
    .filter((line) => line !== '')
    .join('\n');
}
