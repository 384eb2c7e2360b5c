"""The objectives of the MiDaS paper (arXiv 1907.01341), as src/eval/losses.ts and src/eval/pareto.ts state them.

Maps are [H, W] in disparity, with a mask of what is known. nano's own objective, losses.py, adds terms to these.
`record` writes the values that the TypeScript is held against: test/fixtures/eval/losses.json.
"""
import json
import os

import torch

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../test/fixtures/eval/losses.json')


def align_least_squares(prediction, truth, mask):
    """Equation 4: the prediction under its least-squares scale and shift."""
    p, d = prediction[mask], truth[mask]
    scale, shift = torch.linalg.lstsq(torch.stack([p, torch.ones_like(p)], 1), d[:, None]).solution[:, 0]
    return scale * prediction + shift


def normalize_robust(values, mask):
    """Equations 5 and 6: less the median, over the mean distance from it. A constant becomes 0."""
    known = values[mask]
    median = known.median()
    spread = (known - median).abs().mean()
    return (values - median) / torch.where(spread > 0, spread, torch.ones_like(spread))


def ssi_mse(prediction, truth, mask):
    return (align_least_squares(prediction, truth, mask) - truth)[mask].square().mean() / 2


def robust_residual(prediction, truth, mask):
    return normalize_robust(prediction, mask) - normalize_robust(truth, mask)


def ssi_mae(prediction, truth, mask):
    return robust_residual(prediction, truth, mask)[mask].abs().mean() / 2


def ssi_trim(prediction, truth, mask, kept=0.8):
    """Equation 8: without the largest fifth, over twice the count of all."""
    sizes = robust_residual(prediction, truth, mask)[mask].abs().sort().values
    return sizes[:int(kept * len(sizes))].sum() / (2 * len(sizes))


def gradient_matching(prediction, truth, mask, levels=4):
    """Equation 11, over levels of every 1st, 2nd, 4th, 8th row and column."""
    residual = robust_residual(prediction, truth, mask)
    total = 0.0
    for level in range(levels):
        r, m = residual[::1 << level, ::1 << level], mask[::1 << level, ::1 << level]
        across = (r[:, 1:] - r[:, :-1]).abs() * (m[:, 1:] & m[:, :-1])
        down = (r[1:] - r[:-1]).abs() * (m[1:] & m[:-1])
        total = total + (across.sum() + down.sum()) / m.sum().clamp(min=1)
    return total


def ordinal_loss(prediction, pairs):
    """arXiv 1604.03901, equation 2; pairs are (first, second, order) with order 1 where the first is nearer."""
    flat = prediction.flatten()
    losses = []
    for first, second, order in pairs:
        difference = flat[first] - flat[second]
        losses.append(difference.square() if order == 0 else torch.nn.functional.softplus(-order * difference))
    return torch.stack(losses).mean()


def pareto_shares(gradients):
    """arXiv 1810.04650: shares of the shortest vector in the hull of the gradients [L, P], by active sets.

    Every subset of objectives is tried with its shares free; the shortest whose shares are all positive is kept. That
    is exact, and enough for the few data sets of a mix; training code iterates.
    """
    count = len(gradients)
    best, shares = None, None
    for bits in range(1, 1 << count):
        chosen = [i for i in range(count) if bits >> i & 1]
        products = gradients[chosen] @ gradients[chosen].T
        ones = torch.ones(len(chosen), dtype=gradients.dtype)
        weights = torch.linalg.lstsq(products, ones[:, None]).solution[:, 0]
        weights = weights / weights.sum()
        if not torch.isfinite(weights).all() or (weights < 0).any():
            continue
        length = (weights @ gradients[chosen]).square().sum()
        if best is None or length < best:
            best, shares = length, torch.zeros(count, dtype=gradients.dtype)
            shares[chosen] = weights
    return shares


def record():
    generator = torch.Generator().manual_seed(5)
    rand = lambda *size: torch.rand(*size, generator=generator, dtype=torch.float64)
    cases = {}
    shapes = [('whole', (12, 17), 1.1), ('sparse', (9, 14), 0.6), ('single row', (1, 20), 0.9)]
    # Small and large, and known to any share.
    for n, (height, width) in enumerate(torch.randint(2, 28, (6, 2), generator=generator).tolist()):
        shapes.append((f'random {n}', (height, width), rand(1).item() * 0.9 + 0.1))
    for name, (height, width), known in shapes:
        truth = rand(height, width) * 3 + torch.linspace(0, 2, height, dtype=torch.float64)[:, None]
        prediction = 0.4 * truth - 0.3 + 0.2 * rand(height, width)
        # A tenth of the pixels are outliers.
        prediction = torch.where(rand(height, width) < 0.1, prediction + 4, prediction)
        mask = rand(height, width) < known
        pairs = [(i, j, int(truth.flatten()[i] > truth.flatten()[j]) * 2 - 1)
                 for i, j in torch.randint(height * width, (20, 2), generator=generator).tolist()] + [(0, 1, 0)]
        args = (prediction, truth, mask)
        cases[name] = {
            'width': width, 'height': height, 'prediction': prediction.flatten().tolist(),
            'truth': truth.flatten().tolist(), 'known': mask.flatten().int().tolist(), 'pairs': pairs,
            'losses': {'ssiMse': ssi_mse(*args).item(), 'ssiMae': ssi_mae(*args).item(),
                       'ssiTrim': ssi_trim(*args).item(), 'gradientMatching': gradient_matching(*args).item(),
                       'ordinalLoss': ordinal_loss(prediction, pairs).item()}}
    mixes = []
    for count, length in ((2, 8), (3, 8), (5, 8), (2, 40), (4, 40), (6, 40), (10, 40)):
        gradients = torch.randn(count, length, generator=generator, dtype=torch.float64) + 0.4
        mixes.append({'gradients': gradients.tolist(), 'shares': pareto_shares(gradients).tolist()})
    with open(OUT, 'w') as file:
        json.dump({'cases': cases, 'mixes': mixes}, file)


if __name__ == '__main__':
    record()
