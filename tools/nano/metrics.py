"""Depth quality after a least-squares alignment in disparity."""
import numpy as np


def align(prediction, disparity):
    """Scale and shift minimising the squared disparity error over all pixels."""
    p, d = prediction.ravel().astype(np.float64), disparity.ravel().astype(np.float64)
    a = np.stack([p, np.ones_like(p)], 1)
    scale, shift = np.linalg.lstsq(a, d, rcond=None)[0]
    return scale * prediction.astype(np.float64) + shift


def ranks(values):
    """Ranks with ties averaged."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return ((ends - counts) + (ends - 1))[inverse] / 2.0


def spearman(a, b):
    a, b = ranks(a.ravel()), ranks(b.ravel())
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum() + 1e-12))


def ordinal_error(prediction, disparity, pairs=3000, ratio=1.1, seed=0):
    """Share of random pixel pairs, apart by more than 10 % in truth, put in the wrong order."""
    rng = np.random.default_rng(seed)
    i, j = rng.integers(disparity.size, size=(2, pairs))
    d, p = disparity.ravel(), prediction.ravel()
    near, far = np.maximum(d[i], d[j]), np.minimum(d[i], d[j])
    apart = near > ratio * far
    wrong = np.sign(d[i] - d[j]) != np.sign(p[i] - p[j])
    return float(wrong[apart].mean()) if apart.any() else 0.0


def measure(prediction, disparity, far_ratio=50.0):
    """Metrics of one picture; disparity 0 is sky.

    The alignment and the rank measures use every pixel. AbsRel, RMSE and delta use pixels no
    farther than `far_ratio` times the nearest depth; aligned disparity is floored at that cap, as
    MiDaS does. RMSE is relative to the mean depth.
    """
    aligned = align(prediction, disparity)
    cap = np.percentile(disparity, 99.5) / far_ratio
    solid = disparity > cap
    z = 1 / disparity[solid].astype(np.float64)
    e = 1 / np.maximum(aligned[solid], cap)
    ratio = np.maximum(z / e, e / z)
    spread = np.abs(disparity - np.median(disparity)).mean() + 1e-9
    return {'abs_rel': float((np.abs(e - z) / z).mean()),
            'rmse': float(np.sqrt(((e - z) ** 2).mean()) / z.mean()),
            'delta': float((ratio < 1.25).mean()),
            'ssi': float(np.abs(aligned - disparity).mean() / spread),
            'spearman': spearman(prediction, disparity),
            'ordinal': ordinal_error(prediction, disparity)}
