"""Writes what the tests of other viewpoints compare with: test scenes from a second camera, with their exact depth.

Of the first two scenes: NAME_second.png is the scene of test/fixtures/nano/NAME.png from a camera moved to the right
and up, at the same exposure. second_views.json says of each scene the focal length in pixels, the inverse depth in
1/metre that the code 65535 of NAME_depth.png stands for, and how far the camera moved, in metres to the right and up.
"""
import argparse
import json

import numpy as np
from PIL import Image

from families import FAMILIES
from fixtures import SCENES, TEST_SEED
from generate import acceptable
from scene import exposure, photograph

WIDTH, HEIGHT = 256, 192
# How far the nearest pixel moves, in pixels: 4 % of the width to the side, 1 % upward.
SHIFT = (10.24, 2.56)


def second_view(family, index):
    """(uint8 rgb of the second view, facts of both) of the scene `generate.make_picture` makes."""
    number = list(FAMILIES).index(family)
    for attempt in range(20):
        rng = np.random.default_rng([TEST_SEED, number, index, attempt])
        scene = FAMILIES[family](rng)
        image, depth, _ = scene.render(WIDTH, HEIGHT, index + attempt)
        if acceptable(depth):
            break
    focal = WIDTH / 2 / np.tan(scene.fov / 2)
    right, up = (shift * depth.min() / focal for shift in SHIFT)
    scene.camera = tuple(np.array(scene.camera) + scene.basis @ [right, up, 0])
    moved, moved_depth, _ = scene.render(WIDTH, HEIGHT, index + attempt)
    rgb = photograph(scene, moved, moved_depth, rng, True, exposure(image))
    facts = {'focalLength': focal, 'nearestInverse': 1 / depth.min(), 'right': right, 'up': up}
    return rgb, {key: round(float(value), 9) for key, value in facts.items()}


def main():
    args = argparse.ArgumentParser()
    args.add_argument('--scenes', required=True)
    args = args.parse_args()
    written = {}
    for family, index in SCENES[:2]:
        rgb, written[family] = second_view(family, index)
        Image.fromarray(rgb).save(f'{args.scenes}/{family}_second.png', optimize=True)
    with open(f'{args.scenes}/second_views.json', 'w') as file:
        json.dump(written, file, indent=2)
        file.write('\n')


if __name__ == '__main__':
    main()
