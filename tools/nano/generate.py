"""Renders seeded shards of pictures and depth: one .npy pair per shard, resumable."""
import argparse
import os
import time

import numpy as np

from families import FAMILIES, SEEN
from scene import photograph

TRAIN_SEED, VALIDATION_SEED = 1000, 9000


def acceptable(depth):
    """Rejects cameras inside an object and pictures with hardly any depth in them."""
    solid = np.isfinite(depth)
    if solid.mean() < 0.25:
        return False
    z = depth[solid]
    near, far = np.percentile(z, [1, 99])
    return near > 0.12 and far / near > 1.25 and (z < 1.3 * near).mean() < 0.8


def make_picture(family, seed, index, width=256, height=192, plain=False):
    """(uint8 rgb [H, W, 3], float32 camera z [H, W], inf for sky) of one seeded scene."""
    number = list(FAMILIES).index(family)
    for attempt in range(20):
        rng = np.random.default_rng([seed, number, index, attempt])
        scene = FAMILIES[family](rng)
        image, depth, _ = scene.render(width, height, index + attempt)
        if acceptable(depth):
            break
    return photograph(scene, image, depth, rng, plain), depth.astype(np.float32)


def shard(family, seed, start, count, folder, width, height):
    """Writes rgb uint8 [N, H, W, 3] and disparity float16 [N, H, W] (1 / z, 0 for sky)."""
    stem = f'{folder}/{family}_{start:06d}'
    if os.path.exists(stem + '_disparity.npy'):
        return
    rgb = np.empty((count, height, width, 3), np.uint8)
    disparity = np.empty((count, height, width), np.float16)
    for i in range(count):
        rgb[i], depth = make_picture(family, seed, start + i, width, height)
        disparity[i] = 1 / depth
    np.save(stem + '_rgb.npy', rgb)
    np.save(stem + '_partial.npy', disparity)
    os.replace(stem + '_partial.npy', stem + '_disparity.npy')


def main():
    args = argparse.ArgumentParser()
    args.add_argument('--out', required=True)
    args.add_argument('--split', choices=['train', 'validation'], default='train')
    args.add_argument('--shards', type=int, default=20)
    args.add_argument('--count', type=int, default=50)
    args.add_argument('--first', type=int, default=0)
    args.add_argument('--width', type=int, default=256)
    args.add_argument('--height', type=int, default=192)
    args = args.parse_args()
    os.makedirs(args.out, exist_ok=True)
    train = args.split == 'train'
    names = list(SEEN if train else FAMILIES)
    for k in range(args.first, args.first + args.shards):
        began = time.time()
        for family in names:
            shard(family, TRAIN_SEED if train else VALIDATION_SEED, k * args.count, args.count,
                  args.out, args.width, args.height)
        rate = args.count * len(names) / (time.time() - began)
        print(f'round {k}: {rate:.1f} pictures/s', flush=True)


if __name__ == '__main__':
    main()
