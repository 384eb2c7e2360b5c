import stepsWgsl from '../../shaders/views/steps.wgsl?raw';
import trianglesWgsl from '../../shaders/views/triangles.wgsl?raw';
import verticesWgsl from '../../shaders/views/vertices.wgsl?raw';
import { checkOptions, type OptionTable } from '../arguments/check_options.js';
import { LimitError } from '../errors.js';
import { BufferUsage, readBuffer } from '../gpu/buffers.js';
import { scoped, submit } from '../gpu/scoped.js';
import { checkNumber } from './lens.js';
import { Pass } from './pass.js';
import type { DepthScene } from './scene.js';

/** How fine a mesh is. */
export interface GeometryOptions {
  /** Pixels of the map from point to point; the fewest with which there are at most 1,048,576 points unless given. */
  readonly stride?: number;
}

const GEOMETRY_OPTIONS: OptionTable<GeometryOptions> = { stride: null };
const MOST_POINTS = 2 ** 20;
/** Values of GPUBufferUsage, which is absent in Node. */
const [INDEX, VERTEX] = [16, 32];

/** Points and triangles that are there, in memory of the CPU. */
export interface GeometryData {
  /** f32[points,3] */
  readonly positions: Float32Array<ArrayBuffer>;
  /** f32[points,2] */
  readonly uvs: Float32Array<ArrayBuffer>;
  /** u8[points,4], sRGB. */
  readonly colors: Uint8Array<ArrayBuffer>;
  /** u32[triangles,3] */
  readonly indices: Uint32Array<ArrayBuffer>;
}

/**
 * Points and triangles of a scene, in buffers of its device that have VERTEX, STORAGE and COPY_SRC usage, and INDEX the
 * last. x is right, y up, and the camera of the picture looks along -z from the origin, as in glTF and three.js.
 */
export class SceneGeometry {
  readonly scene: DepthScene;
  /** Points in a row, and rows of them. */
  readonly columns: number;
  readonly rows: number;
  /** columns · rows; those that are left out lie at the origin. */
  readonly vertexCount: number;
  /** Six a cell. Triangles that are cut have one point three times. */
  readonly indexCount: number;
  /** f32[vertexCount,3], vertex format float32x3. */
  readonly positions: GPUBuffer;
  /** f32[vertexCount,2], vertex format float32x2; the top left of the picture is 0, 0. */
  readonly uvs: GPUBuffer;
  /** u8[vertexCount,4], vertex format unorm8x4: sRGB, alpha 0 for what is left out. */
  readonly colors: GPUBuffer;
  /** u32[indexCount], index format uint32, topology triangle-list, front faces counter-clockwise. */
  readonly indices: GPUBuffer;
  readonly #passes: readonly Pass[];

  /** @internal */
  constructor(scene: DepthScene, columns: number, rows: number, buffers: GeometryBuffers, passes: readonly Pass[]) {
    this.scene = scene;
    this.columns = columns;
    this.rows = rows;
    this.vertexCount = columns * rows;
    this.indexCount = 6 * (columns - 1) * (rows - 1);
    this.positions = buffers.positions;
    this.uvs = buffers.uvs;
    this.colors = buffers.colors;
    this.indices = buffers.indices;
    this.#passes = passes;
  }

  /** Records the geometry anew, after `scene.encode`. Makes no object. @throws DisposedError */
  encode(encoder: GPUCommandEncoder): void {
    this.scene.use();
    const pass = encoder.beginComputePass({ label: 'geometry' });
    this.#passes[0]!.encode(pass, this.vertexCount);
    if (this.indexCount > 0) this.#passes[1]!.encode(pass, this.indexCount / 6);
    pass.end();
  }

  /**
   * What is not left out or cut, read back: every point that is there, and the triangles between them.
   * @throws DeviceLostError, OutOfMemoryError, DisposedError
   */
  async read(): Promise<GeometryData> {
    this.scene.use();
    const { device, gpu } = this.scene;
    const { vertexCount, indexCount } = this;
    const bytes = await gpu.guard(
      'read',
      Promise.all([
        readBuffer(device, this.positions, 12 * vertexCount),
        readBuffer(device, this.uvs, 8 * vertexCount),
        readBuffer(device, this.colors, 4 * vertexCount),
        indexCount ? readBuffer(device, this.indices, 4 * indexCount) : new ArrayBuffer(0),
      ]),
    );
    return compact({
      positions: new Float32Array(bytes[0]),
      uvs: new Float32Array(bytes[1]),
      colors: new Uint8Array(bytes[2]),
      indices: new Uint32Array(bytes[3]),
    });
  }

  /** Frees the buffers. Safe to call twice. */
  dispose(): void {
    for (const buffer of [this.positions, this.uvs, this.colors, this.indices]) buffer.destroy();
    for (const pass of this.#passes) pass.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

type GeometryBuffers = Readonly<Record<'positions' | 'uvs' | 'colors' | 'indices', GPUBuffer>>;

/** Leaves out points with alpha 0, and triangles that are none. */
function compact({ positions, uvs, colors, indices }: GeometryData): GeometryData {
  const count = colors.length / 4;
  const places = new Uint32Array(count);
  let points = 0;
  for (let i = 0; i < count; i++) {
    if (colors[4 * i + 3] === 0) continue;
    positions.copyWithin(3 * points, 3 * i, 3 * i + 3);
    uvs.copyWithin(2 * points, 2 * i, 2 * i + 2);
    colors.copyWithin(4 * points, 4 * i, 4 * i + 4);
    places[i] = points++;
  }
  let corners = 0;
  for (let i = 0; i < indices.length; i += 3) {
    if (indices[i] === indices[i + 1]) continue;
    for (let c = 0; c < 3; c++) indices[corners++] = places[indices[i + c]!]!;
  }
  return {
    positions: positions.slice(0, 3 * points),
    uvs: uvs.slice(0, 2 * points),
    colors: colors.slice(0, 4 * points),
    indices: indices.slice(0, corners),
  };
}

/**
 * Makes points and triangles of a scene, on its GPU. Nothing is copied to the CPU.
 * @example
 * ```ts
 * import { createGeometry, createScene } from 'depthwise/views';
 *
 * const geometry = await createGeometry(await createScene(depth, image));
 * pass.setVertexBuffer(0, geometry.positions);
 * pass.setVertexBuffer(1, geometry.colors);
 * pass.draw(geometry.vertexCount); // points
 * ```
 * @throws UsageError `OPTION_VALUE`, `OPTION_UNKNOWN`; LimitError `LIMIT_BINDING`; OutOfMemoryError, DisposedError
 */
export async function createGeometry(scene: DepthScene, options: GeometryOptions = {}): Promise<SceneGeometry> {
  checkOptions(options, GEOMETRY_OPTIONS, 'build');
  scene.use();
  const { width: W, height: H, gpu, device, rule, lens } = scene;
  const stride = options.stride ?? Math.max(1, Math.ceil(Math.sqrt((W * H) / MOST_POINTS)));
  checkNumber('stride', Number.isInteger(stride) ? stride : NaN, 1, Math.max(W, H));
  const [GW, GH] = [Math.ceil(W / stride), Math.ceil(H / stride)];
  const [points, cells] = [GW * GH, (GW - 1) * (GH - 1)];
  checkBytes(device, Math.max(12 * points, 24 * cells), stride);
  const usage = BufferUsage.STORAGE | BufferUsage.COPY_SRC | VERTEX;
  const make = (label: string, size: number, more = 0) => device.createBuffer({ label, size, usage: usage | more });
  const purpose = { what: 'geometry', bytes: 24 * points + 24 * cells, phase: 'run' } as const;
  const buffers = await scoped(device, purpose, () => ({
    positions: make('positions', 12 * points),
    uvs: make('uvs', 8 * points),
    colors: make('colors', 4 * points),
    indices: make('indices', Math.max(24 * cells, 4), INDEX),
  }));
  const { positions, uvs, colors, indices } = buffers;
  const [inverse, picture] = [scene.inverse.createView(), scene.picture.createView()];
  try {
    const vertices = await Pass.make(
      gpu,
      { label: 'vertices', files: [verticesWgsl] },
      { inverse, picture, positions, uvs, colors },
    );
    vertices.set({ W, H, GW, GH, FOCAL: lens.focalLength });
    const files = [trianglesWgsl, stepsWgsl];
    const triangles = await Pass.make(gpu, { label: 'triangles', files }, { positions, indices });
    triangles.set({ GW, GH, LEAST: stride * rule.LEAST, RATIO: rule.RATIO });
    const geometry = new SceneGeometry(scene, GW, GH, buffers, [vertices, triangles]);
    await gpu.guard(
      'run',
      submit(gpu, purpose, (encoder) => geometry.encode(encoder)),
    );
    return geometry;
  } catch (error) {
    for (const buffer of Object.values(buffers)) buffer.destroy();
    throw error;
  }
}

function checkBytes(device: GPUDevice, bytes: number, stride: number): void {
  const limit = 'maxStorageBufferBindingSize';
  const most = device.limits[limit];
  if (bytes <= most) return;
  throw new LimitError('LIMIT_BINDING', `The mesh takes ${bytes} bytes in one buffer; ${limit} is ${most}.`, {
    ...{ limit, expected: most, actual: bytes, phase: 'run' },
    hint: `Use a larger stride than ${stride}.`,
  });
}
