import { ShaderError } from '../errors.js';
import { scoped, textOf } from './scoped.js';

const compiled = new WeakMap<GPUDevice, Map<string, Promise<GPUPipelineBase>>>();

/**
 * Compiles a pipeline that is no kernel of an op, once for a device and a label.
 * @param make creates it of its shader module, without waiting
 * @throws ShaderError `SHADER_COMPILE`
 */
export function compileHost<T extends GPUPipelineBase>(
  device: GPUDevice,
  label: string,
  code: string,
  make: (module: GPUShaderModule) => Promise<T>,
): Promise<T> {
  const known = compiled.get(device) ?? new Map<string, Promise<GPUPipelineBase>>();
  compiled.set(device, known);
  const found = known.get(label) as Promise<T> | undefined;
  if (found) return found;
  const made = compile(device, label, code, make);
  known.set(label, made);
  made.catch(() => known.delete(label));
  return made;
}

async function compile<T>(
  device: GPUDevice,
  label: string,
  code: string,
  make: (module: GPUShaderModule) => Promise<T>,
): Promise<T> {
  let made: Promise<T> | undefined;
  try {
    await scoped(device, { what: `the shader "${label}"`, phase: 'compile' }, () => {
      made = make(device.createShaderModule({ label, code }));
      made.catch(() => undefined);
    });
    return await (made as unknown as Promise<T>);
  } catch (cause) {
    const told = `The shader "${label}" does not compile: ${textOf(cause)}`;
    throw new ShaderError('SHADER_COMPILE', told, { phase: 'compile', actual: label, cause });
  }
}
