"""Renders the pictures of the demo's gallery, with their true depth beside.

NAME.jpg (640x480), NAME_small.jpg (176x132) and NAME_truth.png (320x240): red is the high byte and green the low one
of inverse depth, scaled so that the nearest pixel is 4095 of 4095 (12 bits in the upper bits of the two); sky is 0.
Prints the rows of demo/more_pictures.ts, and that of the first in demo/gallery_pictures.ts: the distance of the nearest
pixel in metres, and the angle of view in degrees.
"""
import argparse
import os

import numpy as np
from PIL import Image

from families import FAMILIES
from generate import acceptable
from scene import photograph

# As in fixtures.py, which needs torch.
TEST_SEED = 20000
CODES = 4095
# Its picture is demo/public/sample.jpg, which fixtures.py renders larger.
SAMPLE = 'street'
PICTURES = [('street', 8), ('room', 14), ('landscape', 11), ('subject', 13), ('corridor', 13)]


def render(family, index, width, height):
    """As `make_picture` does, and the angle of view in degrees."""
    number = list(FAMILIES).index(family)
    for attempt in range(20):
        rng = np.random.default_rng([TEST_SEED, number, index, attempt])
        scene = FAMILIES[family](rng)
        image, depth, _ = scene.render(width, height, index + attempt)
        if acceptable(depth):
            break
    return photograph(scene, image, depth, rng, True), depth.astype(np.float64), np.degrees(scene.fov)


def write_truth(path, inverse):
    """12 bits in two channels: nearest in the pixel's middle, so that silhouettes are not mixed."""
    code = np.round(inverse / inverse.max() * CODES).astype(np.uint16) << 4
    pixels = np.stack([code >> 8, code & 255, np.zeros_like(code)], -1).astype(np.uint8)
    Image.fromarray(pixels).save(path, optimize=True)


def main():
    args = argparse.ArgumentParser()
    args.add_argument('--out', default='../../demo/public/gallery')
    args.add_argument('--quality', type=int, default=82)
    args = args.parse_args()
    os.makedirs(args.out, exist_ok=True)
    for family, index in PICTURES:
        rgb, depth, angle = render(family, index, 640, 480)
        picture = Image.fromarray(rgb)
        picture.resize((176, 132), Image.LANCZOS).save(f'{args.out}/{family}_small.jpg', quality=70, optimize=True)
        if family != SAMPLE:
            picture.save(f'{args.out}/{family}.jpg', quality=args.quality, progressive=True, optimize=True)
        inverse = 1 / depth[1::2, 1::2]
        write_truth(f'{args.out}/{family}_truth.png', inverse)
        print(f"{{ name: '{family}', nearest: {1 / inverse.max():.5g}, angle: {angle:.4g} }},", flush=True)


if __name__ == '__main__':
    main()
