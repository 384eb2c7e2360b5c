"""Shards on disk to augmented training batches and fixed validation sets."""
import glob
import os

import numpy as np
import torch
import torch.nn.functional as F

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


class Shards:
    """Memory-mapped rgb and disparity shards by family, of one folder and picture size."""

    def __init__(self, folder, families):
        self.folder, self.families = folder, list(families)
        self.store = {f: [] for f in self.families}
        self.known = set()
        self.refresh()

    def refresh(self):
        """Picks up shards added since."""
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
        """One random picture as float32 [4, H, W]: rgb in 0..255 and disparity."""
        shards = self.store[family]
        rgb, disparity = shards[rng.integers(len(shards))]
        i = rng.integers(len(disparity))
        out = np.empty((4, *disparity.shape[1:]), np.float32)
        out[:3] = np.moveaxis(rgb[i], -1, 0)
        out[3] = disparity[i]
        return out


def crop_grid(rng, count, source, target):
    """Sampling grids [N, h, w, 2] of random crops: 70 to 100 % of the largest that fits, aspect
    jittered by up to 15 %, half of them mirrored. Sizes are (width, height)."""
    (sw, sh), (w, h) = source, target
    theta = torch.zeros(count, 2, 3)
    for i in range(count):
        aspect = w / h * np.exp(rng.uniform(-0.15, 0.15))
        ch = min(sh, sw / aspect) * rng.uniform(0.7, 1.0)
        scale = min(ch * aspect / sw, 1.0), ch / sh
        shift = [rng.uniform(-1, 1) * (1 - k) for k in scale]
        theta[i, 0, 0] = scale[0] * rng.choice([-1, 1])
        theta[i, 1, 1] = scale[1]
        theta[i, :, 2] = torch.tensor(shift)
    return F.affine_grid(theta, (count, 1, h, w), align_corners=False)


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


def batch(shards, rng, generator, count, width, height, shares):
    """Normalised rgb [N, 3, H, W], disparity [N, 1, H, W], family numbers [N].

    Every batch holds the families in the given shares, as near as whole pictures allow.
    """
    deck = [k for k, family in enumerate(shards.families) for _ in range(shares[family])]
    shift = rng.integers(len(deck))
    labels = [deck[(i * len(deck) // count + shift) % len(deck)] if count < len(deck)
              else deck[(i + shift) % len(deck)] for i in range(count)]
    pictures = torch.from_numpy(np.stack([shards.sample(rng, shards.families[k]) for k in labels]))
    grid = crop_grid(rng, count, pictures.shape[:1:-1], (width, height))
    image = F.grid_sample(pictures[:, :3], grid, 'bilinear', 'border', align_corners=False)
    disparity = F.grid_sample(pictures[:, 3:], grid, 'nearest', 'border', align_corners=False)
    image = jitter_colour(image / 255, generator)
    return (image - MEAN) / STD, disparity, torch.tensor(labels)


def normalise(rgb):
    """uint8 [N, H, W, 3] array to a normalised float tensor [N, 3, H, W]."""
    return (torch.from_numpy(np.array(rgb)).permute(0, 3, 1, 2).float() / 255 - MEAN) / STD
