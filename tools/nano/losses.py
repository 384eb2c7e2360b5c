"""The MiDaS objective: trimmed scale-and-shift-invariant error and gradient matching."""
import torch
import torch.nn.functional as F

RELATIVE_WEIGHT = 1.0
RANK_WEIGHT = 1.5
# |log| of a depth off by 25 %, and the width of the step there.
STEP, STEP_WIDTH = 0.223, 0.12
# Disparity up to which a pixel is sky; distance of the output from zero, in its spreads; weight.
SKY, SKY_MARGIN, SKY_WEIGHT = 1e-5, 0.05, 0.5


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


def aligned(prediction, disparity):
    """Prediction [N, P] under its least-squares scale, kept positive, and shift in disparity."""
    p, d = prediction.flatten(1), disparity.flatten(1)
    mean_p, mean_d = p.mean(1, keepdim=True), d.mean(1, keepdim=True)
    scale = ((p - mean_p) * (d - mean_d)).mean(1, keepdim=True) \
        / ((p - mean_p) ** 2).mean(1, keepdim=True).clamp(min=1e-6)
    return scale.clamp(min=1e-4) * (p - mean_p) + mean_d


def relative_error(fitted, disparity, far_ratio=50.0):
    """Mean |log| of aligned over true depth, as AbsRel has it, and share of pixels off by more than
    25 %, which delta counts, as a step of some width.

    Pixels farther than `far_ratio` times the nearest are left out; below that cap the logarithm
    goes on as its tangent, so that a floored pixel still learns.
    """
    d = disparity.flatten(1)
    cap = d.amax(1, keepdim=True).clamp(min=1e-6) / far_ratio
    ratio = fitted / cap
    log = torch.where(ratio > 1, ratio.clamp(min=1).log(), ratio - 1)
    error = (log - (d / cap).clamp(min=1).log()).abs().clamp(max=4)
    error = error + torch.sigmoid((error - STEP) / STEP_WIDTH)
    solid = (d > cap).float()
    return ((error * solid).sum(1) / solid.sum(1).clamp(min=1)).mean()


def rank_error(fitted, disparity, levels=33, stretch=0.25):
    """Mean difference of ranks, 0 to 1, and six times its square: what Spearman's correlation lacks
    of 1 where ranks are spread evenly.

    Both maps pass through the distribution of the true disparity, piecewise linear between its
    quantiles, so a difference weighs by how many pixels lie between. Quantiles are moved apart by
    `stretch` of the range in all, or flat regions would have an infinite slope.
    """
    d = disparity.flatten(1)
    order = d.sort(1).values
    knots = order[:, torch.linspace(0, d.shape[1] - 1, levels).round().long()]
    apart = (knots[:, -1:] - knots[:, :1]).clamp(min=1e-4) * stretch / levels
    upper = torch.searchsorted(knots, d.contiguous()).clamp(1, levels - 1)
    low, high = knots.gather(1, upper - 1), knots.gather(1, upper)
    true = upper - 1 + ((d - low) / (high - low).clamp(min=1e-9)).clamp(0, 1)
    knots = knots + apart * torch.arange(levels)
    # What moving the quantiles apart does to the truth is done to the prediction too.
    x = fitted + apart * true
    upper = torch.searchsorted(knots, x.detach()).clamp(1, levels - 1)
    low, high = knots.gather(1, upper - 1), knots.gather(1, upper)
    rank = upper - 1 + (x - low) / (high - low)
    error = ((rank - true).abs() / (levels - 1)).clamp(max=1.5)
    return (error + 6 * error.square()).mean()


def sky_error(prediction, sky):
    """How far the output before its ReLU is on the wrong side of zero, by at least SKY_MARGIN: below
    it belongs what is infinitely far, so that the ReLU gives all of it the same inverse depth, 0.
    """
    return torch.relu(SKY_MARGIN + torch.where(sky, prediction, -prediction)).mean()


def objective(prediction, disparity, gradient_weight, keep):
    """Loss of the output before its ReLU, its data term and its gradient term.

    The paper's terms leave scale and shift free, and an unnormalised decoder then drifts to ever
    larger outputs and ever smaller gradients. Two terms hold it: the spread of each output is kept
    near 1, and zero is what parts sky from things. The errors of relative depth and of rank are
    added because the data term hardly sees far things apart.
    """
    sky = disparity <= SKY
    sides = sky_error(prediction, sky)
    # What the ReLU cuts is no error in the sky; elsewhere the cut would leave no gradient.
    prediction = torch.where(sky, torch.relu(prediction), prediction)
    residual = standardise(prediction) - standardise(disparity)
    data = trimmed(residual, keep)
    slope = gradient_matching(residual)
    spread = (prediction - prediction.flatten(1).median(1).values.view(-1, 1, 1, 1)).abs()
    anchor = spread.flatten(1).mean(1).clamp(min=1e-4).log().square().mean()
    fitted = aligned(prediction, disparity)
    loss = data + gradient_weight * slope + RELATIVE_WEIGHT * relative_error(fitted, disparity) \
        + RANK_WEIGHT * rank_error(fitted, disparity) + 0.05 * anchor + SKY_WEIGHT * sides
    return loss, data, slope


LAYOUTS = 7


def layout_classes(disparity):
    """Per pixel at half size: sky, facing, floor, ceiling, right wall, left wall, boundary.

    Classes come from the relative slope of disparity per picture height, so they know no scale.
    """
    d = disparity[:, 0]
    log = d.clamp(min=SKY).log()
    gx, gy = torch.zeros_like(d), torch.zeros_like(d)
    gx[:, :, 1:-1] = (log[:, :, 2:] - log[:, :, :-2]) / 2
    gy[:, 1:-1] = (log[:, 2:] - log[:, :-2]) / 2
    steep = torch.maximum(gx.abs(), gy.abs())
    height = d.shape[1]
    label = torch.where(gy.abs() >= gx.abs(), torch.where(gy > 0, 2, 3),
                        torch.where(gx > 0, 4, 5))
    label[steep * height < 0.35] = 1
    label[steep > 0.2] = 6
    label[d <= SKY] = 0
    return label[:, ::2, ::2]


def layout_loss(logits, disparity):
    return F.cross_entropy(logits.float(), layout_classes(disparity))
