"""Writes held-out scenes with exact depth for the tests, and PyTorch outputs to compare with.

Scenes: NAME.png (rgb) and NAME_depth.png (16-bit, inverse depth scaled so that the nearest pixel is
65535 and sky is 0). Fixtures: NAME_input.npy f32 [1, 3, H, W] normalised, NAME_output.npy f32
[1, 1, H, W] of the exported weights.
"""
import argparse
import os

import numpy as np
import torch
from PIL import Image

from data import normalise
from export import load_export
from generate import make_picture

# Seeds of no training or validation shard. Of ten scenes per family, these are ones that nano sees
# well and that are not just nearer towards the bottom: they test the engine that runs it. How good it
# is on the average is in docs/nano.md.
TEST_SEED = 20000
SCENES = [('room', 9), ('street', 0), ('landscape', 6), ('corridor', 9)]
RECORDED = [('room', 9), ('corridor', 9)]


def write_scene(folder, family, index, width, height, name):
    rgb, depth = make_picture(family, TEST_SEED, index, width, height, plain=True)
    inverse = 1 / depth.astype(np.float64)
    Image.fromarray(rgb).save(f'{folder}/{name}.png', optimize=True)
    scaled = np.round(inverse / inverse.max() * 65535).astype(np.uint16)
    Image.fromarray(scaled).save(f'{folder}/{name}_depth.png', optimize=True)
    return rgb


def main():
    args = argparse.ArgumentParser()
    args.add_argument('--weights', required=True)
    args.add_argument('--scenes', required=True)
    args.add_argument('--fixtures', required=True)
    args.add_argument('--sample', nargs=2, default=['street', '8'], help='family and index')
    args = args.parse_args()
    torch.set_num_threads(1)
    os.makedirs(args.scenes, exist_ok=True)
    os.makedirs(args.fixtures, exist_ok=True)
    model = load_export(args.weights)
    for family, index in SCENES:
        rgb = write_scene(args.scenes, family, index, 256, 192, family)
        if (family, index) not in RECORDED:
            continue
        x = normalise(rgb[None, ::2, ::2])
        with torch.no_grad():
            y = model(x)
        np.save(f'{args.fixtures}/{family}_input.npy', x.numpy())
        np.save(f'{args.fixtures}/{family}_output.npy', y.numpy())
    write_scene(args.scenes, args.sample[0], int(args.sample[1]), 768, 576, 'sample')


if __name__ == '__main__':
    main()
