"""Measures an exported nano on held-out rendered scenes, and draws it on photographs."""
import argparse
import glob
import json
import os

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from data import Shards, normalise
from export import load_export
from families import FAMILIES, UNSEEN
from metrics import measure


def network_size(width, height, long_side=256, multiple=32):
    """Upper-bound rule: long side 256, both sides rounded to a multiple of 32."""
    scale = long_side / max(width, height)
    return tuple(max(multiple, min(long_side, int(round(s * scale / multiple)) * multiple))
                 for s in (width, height))


def predict(model, rgb):
    """uint8 [H, W, 3] -> float32 [H, W] relative inverse depth at the picture's size."""
    height, width = rgb.shape[:2]
    size = network_size(width, height)
    with torch.no_grad():
        x = F.interpolate(normalise(rgb[None]), size[::-1], mode='bicubic', antialias=True)
        y = F.interpolate(model(x), (height, width), mode='bicubic')
    return y[0, 0].numpy()


def table(model, folder, limit):
    shards = Shards(folder, FAMILIES)
    rows = {}
    for family in FAMILIES:
        scores = []
        for rgb, disparity in shards.store[family]:
            for i in range(min(len(rgb), limit - len(scores))):
                scores.append(measure(predict(model, np.array(rgb[i])),
                                      np.array(disparity[i], np.float32)))
        rows[family] = {k: round(float(np.mean([s[k] for s in scores])), 4) for k in scores[0]}
        rows[family]['pictures'] = len(scores)
    seen = [f for f in FAMILIES if f not in UNSEEN]
    rows['seen'] = {k: round(float(np.mean([rows[f][k] for f in seen])), 4) for k in
                    rows[seen[0]]}
    return rows


def grey(values):
    low, high = np.percentile(values, [0.5, 99.5])
    return (np.clip((values - low) / max(high - low, 1e-6), 0, 1) * 255).astype(np.uint8)


def side_by_side(model, paths, out, height=320):
    """One PNG per photograph: the picture and its inverse depth, near is bright."""
    os.makedirs(out, exist_ok=True)
    for path in paths:
        image = Image.open(path).convert('RGB')
        rgb = np.asarray(image)
        depth = Image.fromarray(grey(predict(model, rgb)))
        width = round(image.width * height / image.height)
        sheet = Image.new('RGB', (2 * width, height))
        sheet.paste(image.resize((width, height), Image.LANCZOS), (0, 0))
        sheet.paste(depth.resize((width, height), Image.BICUBIC), (width, 0))
        sheet.save(f'{out}/{os.path.splitext(os.path.basename(path))[0]}.png')


def main():
    args = argparse.ArgumentParser()
    args.add_argument('--weights', required=True)
    args.add_argument('--validation', required=True)
    args.add_argument('--limit', type=int, default=100, help='pictures per family')
    args.add_argument('--json')
    args.add_argument('--photos')
    args.add_argument('--out', default='photos')
    args = args.parse_args()
    torch.set_num_threads(1)
    model = load_export(args.weights)
    if args.photos:
        paths = [p for p in sorted(glob.glob(f'{args.photos}/*'))
                 if p.endswith(('.png', '.jpg', '.ppm'))]
        side_by_side(model, paths, args.out)
    rows = table(model, args.validation, args.limit)
    names = list(next(iter(rows.values())))
    print(f"{'family':10}" + ''.join(f'{n:>10}' for n in names))
    for family, row in rows.items():
        print(f'{family:10}' + ''.join(f'{row[n]:>10.4g}' for n in names))
    if args.json:
        with open(args.json, 'w') as file:
            json.dump(rows, file, indent=1)


if __name__ == '__main__':
    main()
