"""The MiDaS objective: trimmed scale-and-shift-invariant error and gradient matching."""
import torch
import torch.nn.functional as F

RELATIVE_WEIGHT = 0.3


def standardise(disparity):
    """Per picture: subtract the median, divide by the mean absolute deviation. [N, 1, H, W]."""
    flat = disparity.flatten(1)
    median = flat.median(1, keepdim=True).values
    spread = (flat - median).abs().mean(1, keepdim=True).clamp(min=1e-4)
    return ((flat - median) / spread).view_as(disparity)


def trimmed(residual, keep):
    """Sum of the smallest share `keep` of absolute residuals over twice the pixel count."""
    flat = residual.abs().flatten(1)
    if keep >= 1:
        return 0.5 * flat.mean()
    limit = flat.detach().kthvalue(int(flat.shape[1] * keep), 1).values[:, None]
    return 0.5 * (flat * (flat <= limit)).sum(1).mean() / flat.shape[1]


def gradient_matching(residual, scales=4):
    """Mean absolute x and y differences of the residual, over a pyramid of strides 1, 2, 4, 8."""
    total = 0.0
    for k in range(scales):
        r = residual[:, :, ::1 << k, ::1 << k]
        total = total + (r[..., :, 1:] - r[..., :, :-1]).abs().mean()
        total = total + (r[..., 1:, :] - r[..., :-1, :]).abs().mean()
    return total


def relative_error(prediction, disparity, far_ratio=50.0):
    """Mean |log| of predicted over true depth after least-squares alignment in disparity.

    What delta and AbsRel count. Pixels farther than `far_ratio` times the nearest are left out;
    below that cap the logarithm goes on as its tangent, so that a floored pixel still learns.
    """
    p, d = prediction.flatten(1), disparity.flatten(1)
    mean_p, mean_d = p.mean(1, keepdim=True), d.mean(1, keepdim=True)
    scale = ((p - mean_p) * (d - mean_d)).mean(1, keepdim=True) \
        / ((p - mean_p) ** 2).mean(1, keepdim=True).clamp(min=1e-6)
    cap = d.amax(1, keepdim=True).clamp(min=1e-6) / far_ratio
    ratio = (scale.clamp(min=1e-4) * (p - mean_p) + mean_d) / cap
    log = torch.where(ratio > 1, ratio.clamp(min=1).log(), ratio - 1)
    error = (log - (d / cap).clamp(min=1).log()).abs().clamp(max=4)
    solid = (d > cap).float()
    return ((error * solid).sum(1) / solid.sum(1).clamp(min=1)).mean()


def objective(prediction, disparity, gradient_weight, keep):
    """Loss of the output before its ReLU, its data term and its gradient term.

    The paper's terms leave scale and shift free, and an unnormalised decoder then drifts to ever
    larger outputs and ever smaller gradients. Two weak terms hold it: the spread of each output is
    kept near 1, and negative values, which the ReLU would cut, are penalised. The relative error is
    added because the paper's data term hardly sees how far apart far things are.
    """
    residual = standardise(prediction) - standardise(disparity)
    data = trimmed(residual, keep)
    slope = gradient_matching(residual)
    spread = (prediction - prediction.flatten(1).median(1).values.view(-1, 1, 1, 1)).abs()
    anchor = spread.flatten(1).mean(1).clamp(min=1e-4).log().square().mean()
    negative = torch.relu(0.05 - prediction).mean()
    loss = data + gradient_weight * slope + RELATIVE_WEIGHT * relative_error(prediction, disparity) \
        + 0.05 * anchor + 0.1 * negative
    return loss, data, slope


LAYOUTS = 7


def layout_classes(disparity):
    """Per pixel at half size: sky, facing, floor, ceiling, right wall, left wall, boundary.

    Classes come from the relative slope of disparity per picture height, so they know no scale.
    """
    d = disparity[:, 0]
    log = d.clamp(min=1e-5).log()
    gx, gy = torch.zeros_like(d), torch.zeros_like(d)
    gx[:, :, 1:-1] = (log[:, :, 2:] - log[:, :, :-2]) / 2
    gy[:, 1:-1] = (log[:, 2:] - log[:, :-2]) / 2
    steep = torch.maximum(gx.abs(), gy.abs())
    height = d.shape[1]
    label = torch.where(gy.abs() >= gx.abs(), torch.where(gy > 0, 2, 3),
                        torch.where(gx > 0, 4, 5))
    label[steep * height < 0.35] = 1
    label[steep > 0.2] = 6
    label[d <= 1e-5] = 0
    return label[:, ::2, ::2]


def layout_loss(logits, disparity):
    return F.cross_entropy(logits.float(), layout_classes(disparity))
