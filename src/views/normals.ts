import normalsWgsl from '../../shaders/views/normals.wgsl?raw';
import stepsWgsl from '../../shaders/views/steps.wgsl?raw';
import { BufferUsage, submitRead } from '../gpu/buffers.js';
import { scoped } from '../gpu/scoped.js';
import { Pass } from './pass.js';
import type { Rendered } from './rendering.js';
import type { DepthScene } from './scene.js';

/**
 * Surface normals of a scene as colours [height,width], n/2 + 1/2 with x right, y up and z towards the camera; alpha 0
 * where a pixel is left out.
 * @example
 * ```ts
 * import { createScene, readNormals } from 'depthwise/views';
 *
 * const normals = await readNormals(await createScene(depth, image));
 * ```
 * @throws DisposedError, DeviceLostError, OutOfMemoryError
 */
export async function readNormals(scene: DepthScene): Promise<Rendered> {
  scene.use();
  const { gpu, device, width, height, rule, lens } = scene;
  const size = 4 * width * height;
  const purpose = { what: 'normals', bytes: size, phase: 'run' } as const;
  const normals = await scoped(device, purpose, () =>
    device.createBuffer({ label: 'normals', size, usage: BufferUsage.STORAGE | BufferUsage.COPY_SRC }),
  );
  let pass: Pass | undefined;
  try {
    const made = await Pass.make(
      gpu,
      { label: 'normals', files: [normalsWgsl, stepsWgsl] },
      { inverse: scene.inverse.createView(), normals },
    );
    pass = made;
    made.set({ W: width, H: height, FOCAL: lens.focalLength, ...rule });
    const record = (encoder: GPUCommandEncoder) => {
      const compute = encoder.beginComputePass({ label: 'normals' });
      made.encode(compute, width * height);
      compute.end();
      return normals;
    };
    const data = new Uint8Array(await gpu.guard('read', submitRead(gpu, size, record)));
    return { data, width, height };
  } finally {
    normals.destroy();
    pass?.dispose();
  }
}
