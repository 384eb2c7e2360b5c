import { seededCheckpoint, type SeededEntry } from '../../../truth/seeded_weights.js';

const C = 64;
const F = 8;

/** A linear layer or convolution with its bias. */
function layer(name: string, ...shape: number[]): SeededEntry[] {
  const outputs = /resize_layers\.[01]$/.test(name) ? shape[1] : shape[0];
  return [
    { name: `${name}.weight`, shape },
    { name: `${name}.bias`, shape: [outputs as number] },
  ];
}

function block(i: number): SeededEntry[] {
  const at = `model.backbone.pretrained.blocks.${i}`;
  return [
    ...layer(`${at}.norm1`, C),
    ...layer(`${at}.attn.qkv`, 3 * C, C),
    ...layer(`${at}.attn.proj`, C, C),
    { name: `${at}.ls1.gamma`, shape: [C] },
    ...layer(`${at}.norm2`, C),
    ...layer(`${at}.mlp.fc1`, 4 * C, C),
    ...layer(`${at}.mlp.fc2`, C, 4 * C),
    { name: `${at}.ls2.gamma`, shape: [C] },
  ];
}

function fusion(level: number): SeededEntry[] {
  const at = `model.head.scratch.refinenet${level}`;
  const units = level === 4 ? [2] : [1, 2];
  return [
    ...units.flatMap((unit) => [1, 2].flatMap((n) => layer(`${at}.resConfUnit${unit}.conv${n}`, F, F, 3, 3))),
    ...layer(`${at}.out_conv`, F, F, 1, 1),
  ];
}

/** A tensor whose bias makes half of a picture sky. */
function lowered(tensor: SeededEntry): SeededEntry {
  return tensor.name.endsWith('bias') ? { ...tensor, offset: -1 } : tensor;
}

/** A file of Depth Anything 3 mono or metric, with few channels: half a megabyte in place of 1.3 GB. */
export function tinyDepthAnything3(): Uint8Array {
  const [encoder, scratch] = ['model.backbone.pretrained', 'model.head.scratch'];
  return seededCheckpoint([
    { name: `${encoder}.cls_token`, shape: [1, 1, C] },
    { name: `${encoder}.pos_embed`, shape: [1, 1370, C] },
    ...layer(`${encoder}.patch_embed.proj`, C, 3, 14, 14),
    ...Array.from({ length: 24 }, (_, i) => block(i)).flat(),
    ...layer(`${encoder}.norm`, C),
    ...[0, 1, 2, 3].flatMap((i) => layer(`model.head.projects.${i}`, F, C, 1, 1)),
    ...layer('model.head.resize_layers.0', F, F, 4, 4),
    ...layer('model.head.resize_layers.1', F, F, 2, 2),
    ...layer('model.head.resize_layers.3', F, F, 3, 3),
    ...[1, 2, 3, 4].map((i) => ({ name: `${scratch}.layer${i}_rn.weight`, shape: [F, F, 3, 3] })),
    ...[1, 2, 3, 4].flatMap(fusion),
    ...layer(`${scratch}.output_conv1`, F / 2, F, 3, 3),
    ...['output_conv2', 'sky_output_conv2'].flatMap((name) => [
      ...layer(`${scratch}.${name}.0`, 32, F / 2, 3, 3),
      ...layer(`${scratch}.${name}.2`, 1, 32, 1, 1).map((tensor) =>
        name.startsWith('sky') ? lowered(tensor) : tensor,
      ),
    ]),
  ]);
}
