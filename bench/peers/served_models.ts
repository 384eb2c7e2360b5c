import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import type { SeededEntry } from '../../truth/seeded_weights.js';
import { filledGraph, keptGraph, LOCATION, type FilledGraph } from './graphs.js';
import { networkCases, type NetworkCase } from './networks.js';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Serves the networks of the bench under /models, as transformers.js asks for a depth model, filled when asked for. */
export function servedModels(): Plugin {
  const filled = new Map<string, FilledGraph>();
  const graphOf = ({ name, checkpoint }: NetworkCase): FilledGraph => {
    const found = filled.get(name) ?? filledGraph(keptGraph(at('graphs'), name), tensorsOf(checkpoint));
    filled.set(name, found);
    return found;
  };
  return {
    name: 'served-models',
    configureServer: ({ middlewares }) =>
      void middlewares.use('/models', ({ url = '' }, response, next) => {
        const [, name, file] = /^\/([^/]+)\/(.+)$/.exec(url) ?? [];
        const kase = networkCases.find((each) => each.name === name);
        const body = kase && file && fileOf(kase, file, graphOf);
        if (!body) return next();
        response.setHeader('Content-Type', file.endsWith('.json') ? 'application/json' : 'application/octet-stream');
        response.setHeader('Content-Length', Buffer.byteLength(body));
        response.end(body);
      }),
  };
}

function fileOf(
  kase: NetworkCase,
  file: string,
  graphOf: (kase: NetworkCase) => FilledGraph,
): string | Uint8Array | undefined {
  switch (file) {
    case 'config.json':
      return JSON.stringify({ model_type: 'depth_anything', architectures: ['DepthAnythingForDepthEstimation'] });
    case 'preprocessor_config.json':
      return JSON.stringify(preprocessorOf(kase));
    case 'onnx/model.onnx':
      return graphOf(kase).model;
    case `onnx/${LOCATION}`:
      return graphOf(kase).externalData[0]?.data;
    default:
      return undefined;
  }
}

function preprocessorOf({ input: [, , height, width] }: NetworkCase): object {
  return {
    image_processor_type: 'DPTImageProcessor',
    do_resize: true,
    size: { height, width },
    keep_aspect_ratio: true,
    ensure_multiple_of: 14,
    resample: 3,
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: [0.485, 0.456, 0.406],
    image_std: [0.229, 0.224, 0.225],
    do_pad: false,
  };
}

function tensorsOf(checkpoint: string): SeededEntry[] {
  return JSON.parse(readFileSync(at(`../../test/fixtures/models/${checkpoint}.tensors.json`), 'utf8')) as SeededEntry[];
}
