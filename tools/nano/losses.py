"""The MiDaS objective: trimmed scale-and-shift-invariant error and gradient matching."""
import torch


def standardise(disparity):
    """Per picture: subtract the median, divide by the mean absolute deviation. [N, 1, H, W]."""
    flat = disparity.flatten(1)
    median = flat.median(1, keepdim=True).values
    spread = (flat - median).abs().mean(1, keepdim=True).clamp(min=1e-4)
    return ((flat - median) / spread).view_as(disparity)


def trimmed(residual, keep=0.8):
    """Mean of the smallest 80 % of absolute residuals, halved as in the paper's definition."""
    flat = residual.abs().flatten(1)
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


def objective(prediction, disparity, gradient_weight=0.5):
    """Loss of the output before its ReLU; negative outputs, which the ReLU cuts, are penalised."""
    residual = standardise(prediction) - standardise(disparity)
    data = trimmed(residual)
    slope = gradient_matching(residual)
    spread = prediction.detach().flatten(1).std(1).mean() + 1e-3
    negative = torch.relu(0.05 * spread - prediction).mean() / spread
    return data + gradient_weight * slope + 0.2 * negative, data, slope
