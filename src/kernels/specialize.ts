import { InternalError } from '../errors.js';
import type { Kernel, ShaderFile, Tunables } from './op.js';

/**
 * Joins WGSL files and rewrites their tunables, `const NAME: type = value;` and `alias name = type;`.
 * The files stay valid WGSL on their defaults; this only replaces the right-hand sides, so the specialised
 * text is also the pipeline cache key. `enable f16;` is put first when any alias asks for it.
 * @throws InternalError `INTERNAL_TUNABLE` when a tunable is not declared exactly once.
 */
export function specialize(files: readonly string[], tunables: Tunables): string {
  let code = files.join('\n');
  for (const [name, value] of Object.entries(tunables)) {
    const declaration = new RegExp(`\\b((?:const|alias)\\s+${name}\\b[^=;]*=\\s*)[^;]*;`, 'g');
    const found = code.match(declaration)?.length ?? 0;
    if (found !== 1)
      throw new InternalError('INTERNAL_TUNABLE', `Tunable "${name}" is declared ${found} times, expected once.`);
    code = code.replace(declaration, (_, head: string) => `${head}${literal(code, name, value)};`);
  }
  return /\balias\s+\w+\s*=\s*f16\s*;/.test(code) ? `enable f16;\n${code}` : code;
}

/** The text of a file of a kernel. @throws NetworkError `NET_PART` where it cannot be fetched */
export async function fileText(file: ShaderFile): Promise<string> {
  return typeof file === 'string' ? file : file();
}

/** The specialised text of a kernel. @throws as `specialize` and `fileText` */
export async function kernelText({ files, tunables }: Kernel): Promise<string> {
  return specialize(await Promise.all(files.map(fileText)), tunables);
}

/** A text whose subgroups have a number of lanes: none where the workgroup is no multiple of it. */
export function withLanes(code: string, lanes: number): string {
  return `enable subgroup_size_control;\n${code.replace('@compute', `@compute @subgroup_size(${lanes})`)}`;
}

function literal(code: string, name: string, value: string | number | boolean): string {
  if (typeof value !== 'number') return String(value);
  if (new RegExp(`\\bconst\\s+${name}\\s*:\\s*u32\\b`).test(code)) return `${value}u`;
  const text = String(value);
  return new RegExp(`\\bconst\\s+${name}\\s*:\\s*f32\\b`).test(code) && !/[.e]/.test(text) ? `${text}.0` : text;
}
