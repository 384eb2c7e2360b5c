"""Renders seeded clips with exact depth, for `depthwise eval --video`: a camera's flight, and an object that moves.

    python generate_clips.py --out clips
    npx depthwise eval --video --data clips -m nano [--steady]

Each folder is a clip: FRAME.png, a photograph with the noise of a camera, and FRAME.npy, inverse depth in 1/metre f32
[H, W], 0 for sky. FLIGHT moves the camera forward, to the side and round; MOVING lets it stand, and a ball go by.
"""
import argparse
import json
import os

import numpy as np
from PIL import Image

import raycast as rc
from families import FAMILIES
from generate import acceptable
from scene import exposure, material, photograph, rotation

CLIP_SEED = 30000
# Standard deviation of the noise of a frame, in levels of 255.
NOISE = 1.5


def seeded_scene(family, base, width, height):
    """The scene of a seed, anew, how to render it, and its depth."""
    number = list(FAMILIES).index(family)
    for attempt in range(20):
        seed = [base, number, 0, attempt]
        scene = FAMILIES[family](np.random.default_rng(seed))
        image, depth, _ = scene.render(width, height, attempt)
        if acceptable(depth):
            break
    return seed, attempt, exposure(image), float(np.median(depth[np.isfinite(depth)]))


def fly(scene, t, reach):
    """Moves the camera for a part t in 0..1 of a flight: a tenth of the median depth ahead, with a sway."""
    ahead, aside = 0.1 * reach * t, 0.02 * reach * np.sin(2 * np.pi * t)
    scene.camera = tuple(np.array(scene.camera) + scene.basis @ [aside, 0, ahead])
    scene.basis = scene.basis @ rotation(0.06 * np.sin(np.pi * t), 0.02 * np.sin(2 * np.pi * t))


def pass_by(scene, t, reach):
    """Puts a ball at half the median depth, on its way from the left to the right."""
    distance = 0.5 * reach
    tan_x = np.tan(scene.fov / 2)
    at = scene.basis @ [(1.4 * t - 0.7) * tan_x * distance, -0.15 * tan_x * distance, distance]
    radius = 0.14 * tan_x * distance
    ball = material(np.array([0.8, 0.25, 0.15]), np.array([0.9, 0.8, 0.3]), rc.STRIPES, 2 / radius)
    scene.add(rc.SPHERE, np.array(scene.camera) + at, (radius,) * 3, ball)


def write_clip(folder, family, base, move, frames, width, height):
    seed, render_seed, level, reach = seeded_scene(family, base, width, height)
    os.makedirs(folder, exist_ok=True)
    for frame in range(frames):
        scene = FAMILIES[family](np.random.default_rng(seed))
        scene.aperture = 0
        move(scene, frame / (frames - 1), reach)
        image, depth, _ = scene.render(width, height, render_seed)
        rng = np.random.default_rng([*seed, frame])
        picture = photograph(scene, image, depth, rng, True, level)
        noisy = np.clip(picture + rng.normal(0, NOISE, picture.shape), 0, 255).round().astype(np.uint8)
        Image.fromarray(noisy).save(f'{folder}/{frame:03d}.png')
        np.save(f'{folder}/{frame:03d}.npy', (1 / depth).astype(np.float32))
    with open(f'{folder}/depth.json', 'w') as file:
        json.dump({'kind': 'inverse', 'zeroIsFar': True}, file)


def main():
    args = argparse.ArgumentParser()
    args.add_argument('--out', required=True)
    args.add_argument('--families', nargs='+', default=['room', 'street', 'landscape'])
    args.add_argument('--seed', type=int, default=CLIP_SEED)
    args.add_argument('--frames', type=int, default=16)
    args.add_argument('--width', type=int, default=256)
    args.add_argument('--height', type=int, default=192)
    args = args.parse_args()
    for family in args.families:
        for name, move in (('flight', fly), ('moving', pass_by)):
            write_clip(f'{args.out}/{name}/{family}', family, args.seed, move, args.frames, args.width, args.height)


if __name__ == '__main__':
    main()
