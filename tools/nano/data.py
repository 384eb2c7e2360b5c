"""Shards on disk to augmented training batches and fixed validation sets."""
import glob
import os

import numpy as np
import torch
import torch.nn.functional as F

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


class Shards:
    """Memory-mapped rgb and disparity shards, by family; `refresh` finds shards added since."""

    def __init__(self, folder, families):
        self.folder, self.families = folder, list(families)
        self.store = {f: [] for f in self.families}
        self.known = set()
        self.refresh()

    def refresh(self):
        for path in sorted(glob.glob(f'{self.folder}/*_disparity.npy')):
            family = os.path.basename(path).split('_')[0]
            if path in self.known or family not in self.store:
                continue
            self.known.add(path)
            rgb = np.load(path.replace('_disparity', '_rgb'), mmap_mode='r')
            self.store[family].append((rgb, np.load(path, mmap_mode='r')))

    def count(self):
        return sum(len(d) for shards in self.store.values() for _, d in shards)

    def sample(self, rng, family):
        """One random (uint8 [H, W, 3], float32 [H, W]) pair."""
        shards = self.store[family]
        rgb, disparity = shards[rng.integers(len(shards))]
        i = rng.integers(len(disparity))
        return np.array(rgb[i]), np.array(disparity[i], np.float32)


def random_crop(rng, rgb, disparity, width, height):
    """A crop of the target's aspect (jittered by up to 15 %), flipped half the time, resized."""
    h, w = disparity.shape
    aspect = width / height * np.exp(rng.uniform(-0.15, 0.15))
    ch = min(h, w / aspect) * rng.uniform(0.7, 1.0)
    cw = min(int(round(ch * aspect)), w)
    ch = int(round(ch))
    y, x = rng.integers(h - ch + 1), rng.integers(w - cw + 1)
    rgb = rgb[y:y + ch, x:x + cw]
    disparity = disparity[y:y + ch, x:x + cw]
    if rng.random() < 0.5:
        rgb, disparity = rgb[:, ::-1], disparity[:, ::-1]
    image = torch.from_numpy(np.ascontiguousarray(rgb)).permute(2, 0, 1)[None].float() / 255
    depth = torch.from_numpy(np.ascontiguousarray(disparity))[None, None]
    image = F.interpolate(image, (height, width), mode='bilinear', antialias=True)
    depth = F.interpolate(depth, (height, width), mode='nearest-exact')
    return image[0], depth[0]


def jitter_colour(image, generator):
    """Exposure, gamma, white balance, saturation, contrast, noise and softness per picture."""
    n = image.shape[0]

    def normal(scale, channels=1):
        return torch.randn(n, channels, 1, 1, generator=generator) * scale
    image = image.clamp(1e-3, 1) ** torch.exp(normal(0.2))
    image = image * torch.exp(normal(0.1) + normal(0.04, 3))
    grey = image.mean(1, keepdim=True)
    image = grey + (image - grey) * torch.exp(normal(0.2))
    middle = image.mean((1, 2, 3), keepdim=True)
    image = middle + (image - middle) * torch.exp(normal(0.15))
    image = image + torch.randn(image.shape, generator=generator) * normal(0.015).abs()
    if torch.rand(1, generator=generator) < 0.15:
        small = F.interpolate(image, scale_factor=0.5, mode='bilinear', antialias=True)
        image = F.interpolate(small, image.shape[2:], mode='bilinear')
    return image.clamp(0, 1)


def batch(shards, rng, generator, count, width, height):
    """Normalised rgb [N, 3, H, W], disparity [N, 1, H, W], family numbers [N]; even draws."""
    order = rng.permutation(np.arange(count) % len(shards.families))
    shift = rng.integers(len(shards.families))
    labels = [int((k + shift) % len(shards.families)) for k in order]
    pairs = [random_crop(rng, *shards.sample(rng, shards.families[k]), width, height)
             for k in labels]
    image = jitter_colour(torch.stack([p[0] for p in pairs]), generator)
    return (image - MEAN) / STD, torch.stack([p[1] for p in pairs]), torch.tensor(labels)


def normalise(rgb):
    """uint8 [N, H, W, 3] array to a normalised float tensor [N, 3, H, W]."""
    return (torch.from_numpy(np.array(rgb)).permute(0, 3, 1, 2).float() / 255 - MEAN) / STD
