import { checkChoice } from '../arguments/check_options.js';
import { UsageError } from '../errors.js';
import type { Gpu } from '../gpu/gpu.js';
import { RenderTarget } from '../gpu/render_target.js';
import { submit } from '../gpu/scoped.js';
import type { DepthMapOnGpu, DrawOptions } from './depth_map.js';
import type { Drawing, DrawingCache } from './drawing_cache.js';
import { drawingsBetween } from './value_range.js';

type Canvas = HTMLCanvasElement | OffscreenCanvas;

/**
 * Draws a map on a canvas that WebGPU draws on by the map's own device: nothing is read back.
 * @throws UsageError `CANVAS_CONTEXT`, `OPTION_COLORMAP`, `OPTION_RANGE`
 */
export async function drawOnGpuCanvas(
  map: DepthMapOnGpu,
  drawings: Pick<DrawingCache, 'use'>,
  canvas: Canvas,
  options: DrawOptions,
): Promise<void> {
  const { gpu, nearer } = map;
  const { colormap = 'inferno', invert = false, span = 'full', range } = options;
  const look = { colormap, invert, span: range === undefined ? span : 'full', nearer, target: 'rgba8unorm' } as const;
  const { context, format } = contextOf(canvas, gpu);
  const ranged = range === undefined ? drawings : drawingsBetween(gpu, drawings, range);
  await ranged.use(
    `canvas ${JSON.stringify(look)}`,
    map,
    (graph, depth, { colorizeDepth, colormaps, depthRange }) => {
      checkChoice('colormap', colormap, Object.keys(colormaps), 'write');
      return colorizeDepth(graph, depth, depthRange(graph, depth), look);
    },
    async (drawing) => {
      const target = await targetOf(gpu, drawing, format, map);
      await submit(gpu, { what: 'a canvas', phase: 'write' }, (encoder) => {
        if (canvas.width !== map.width) canvas.width = map.width;
        if (canvas.height !== map.height) canvas.height = map.height;
        const { executable, depth } = drawing;
        encoder.copyBufferToBuffer(map.buffer, 0, executable.buffer(depth), 0, 4 * map.width * map.height);
        executable.encode(encoder, { colors: target.values });
        // In the task that submits: a canvas takes its texture back after it.
        target.encode(encoder, context.getCurrentTexture());
      });
    },
  );
}

interface Configured {
  readonly context: GPUCanvasContext;
  readonly format: 'bgra8unorm' | 'rgba8unorm' | 'rgba16float';
}

function contextOf(canvas: Canvas, { device }: Gpu): Configured {
  const fault = (what: string) =>
    new UsageError('CANVAS_CONTEXT', `The canvas ${what}.`, {
      hint: 'Draw takes a 2D context, none yet, or one of WebGPU that is configured with model.device.',
      phase: 'write',
    });
  const context = canvas.getContext('webgpu') as GPUCanvasContext | null;
  if (!context) throw fault('has a context that is neither 2D nor of WebGPU');
  const configuration = context.getConfiguration();
  if (!configuration) throw fault('has a context of WebGPU that is not configured');
  if (configuration.device !== device) throw fault('belongs to another GPU device than the map');
  return { context, format: configuration.format as Configured['format'] };
}

/** What draws the colours of a drawing, made once. */
async function targetOf(
  gpu: Gpu,
  { beside }: Drawing,
  format: Configured['format'],
  map: DepthMapOnGpu,
): Promise<RenderTarget> {
  const known = beside.find((each): each is RenderTarget => each instanceof RenderTarget && each.format === format);
  const target = known ?? (await RenderTarget.make(gpu, format, map));
  if (!known) beside.push(target);
  return target;
}
