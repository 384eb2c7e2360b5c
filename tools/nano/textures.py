"""Seeded texture banks: periodic noise tiles and small pictures for posters and screens."""
import numpy as np

NOISE_SIDE = 256


def _smooth_noise(rng, side, cells_x, cells_y):
    grid = rng.random((cells_y, cells_x))
    y = np.arange(side) * cells_y / side
    x = np.arange(side) * cells_x / side
    j, i = y.astype(int), x.astype(int)
    b, a = (y - j)[:, None], (x - i)[None, :]
    b, a = b * b * (3 - 2 * b), a * a * (3 - 2 * a)
    j1, i1 = (j + 1) % cells_y, (i + 1) % cells_x
    top = grid[j][:, i] * (1 - a) + grid[j][:, i1] * a
    low = grid[j1][:, i] * (1 - a) + grid[j1][:, i1] * a
    return top * (1 - b) + low * b


def fractal(rng, side, start, octaves, gain=0.5, stretch=1):
    """Fractal value noise scaled to [0, 1]."""
    total = np.zeros((side, side))
    weight = 1.0
    for o in range(octaves):
        cells = min(start << o, side)
        total += weight * _smooth_noise(rng, side, cells, max(cells // stretch, 1))
        weight *= gain
    low, high = np.percentile(total, [0.5, 99.5])
    return np.clip((total - low) / (high - low), 0, 1)


def _cells(rng, side, count):
    points = rng.random((count, 2)) * side
    y, x = np.mgrid[0:side, 0:side]
    nearest = np.full((side, side), 1e9)
    for py, px in points:
        dy = np.abs(y - py)
        dx = np.abs(x - px)
        dy = np.minimum(dy, side - dy)
        dx = np.minimum(dx, side - dx)
        nearest = np.minimum(nearest, dy * dy + dx * dx)
    d = np.sqrt(nearest)
    return d / d.max()


def noise_bank(seed=1):
    """[7, 256, 256] noise tiles; tile 0 is the smooth one used for clouds and blotches."""
    rng = np.random.default_rng([seed, 77])
    n = NOISE_SIDE
    ridged = 1 - np.abs(2 * fractal(rng, n, 4, 6) - 1)
    spots = (fractal(rng, n, 16, 4) > 0.55).astype(float)
    tiles = [fractal(rng, n, 4, 6), ridged, fractal(rng, n, 32, 3, 0.8), _cells(rng, n, 160),
             fractal(rng, n, 16, 4, 0.7, 8), spots, fractal(rng, n, 64, 2, 1.0)]
    return np.stack(tiles)


def _picture(rng, height, width):
    """One flat picture: a colour gradient, perhaps a horizon, then random shapes."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    y /= height
    x /= width
    a, b = rng.random(3), rng.random(3)
    angle = rng.random() * 6.28
    k = np.clip((np.cos(angle) * (x - 0.5) + np.sin(angle) * (y - 0.5)) + 0.5, 0, 1)[..., None]
    image = a * k + b * (1 - k)
    if rng.random() < 0.5:
        ridge = 0.35 + 0.3 * rng.random() + 0.12 * np.sin(x * rng.uniform(4, 14) + rng.random() * 6)
        image[y > ridge] = rng.random(3) * 0.7
    for _ in range(rng.integers(1, 9)):
        cx, cy = rng.random(2)
        rx, ry = rng.uniform(0.03, 0.35, 2)
        colour = rng.random(3)
        kind = rng.integers(4)
        if kind == 0:
            mask = ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1
        elif kind == 1:
            mask = (np.abs(x - cx) < rx) & (np.abs(y - cy) < ry)
        elif kind == 2:
            mask = (y > cy - ry) & (y < cy + ry) & (np.abs(x - cx) < rx * (y - cy + ry) / (2 * ry))
        else:
            mask = np.abs((x - cx) * ry - (y - cy) * rx) < 0.006
        shade = 0.6 + 0.6 * np.clip((x - cx) / rx * 0.5 + 0.5, 0, 1)[..., None]
        image = np.where(mask[..., None], colour * shade, image)
    return np.clip(image + 0.05 * rng.standard_normal((height, width, 1)), 0, 1)


def picture_atlas(seed=1, count=96, height=72, width=96):
    """[count, height, width, 3] pictures for posters, screens and labels."""
    rng = np.random.default_rng([seed, 78])
    return np.stack([_picture(rng, height, width) for _ in range(count)])
