"""Compares the operators of fused.py with PyTorch's in float32: exits with 1 where they differ.

bfloat16 rounds to 1 part in 256, which leaves 0.17 % of an array's norm.
"""
import copy

import torch
from torch import nn

import fused
from model import ACTIVATIONS, NONE, RELU, RELU6, SameConv

LIMIT = 2e-3


def difference(a, b):
    """Norm of a - b over the norm of b."""
    return ((a.float() - b.float()).norm() / b.float().norm()).item()


def both(x, apply, reference, module):
    """Differences of output, input gradient and parameter gradients."""
    ours, theirs, twin = x.clone().requires_grad_(), x.float().requires_grad_(), copy.deepcopy(module)
    y, z = apply(module, ours), reference(twin, theirs)
    grad = torch.randn_like(z).bfloat16()
    y.backward(grad)
    z.backward(grad.float())
    pairs = [(y, z), (ours.grad, theirs.grad)]
    pairs += [(a.grad, b.grad) for a, b in zip(module.parameters(), twin.parameters())]
    pairs += [(a, b) for a, b in zip(module.buffers(), twin.buffers()) if a.is_floating_point()]
    return [difference(a, b) for a, b in pairs]


def picture(n, c, h, w):
    return torch.randn(n, c, h, w).bfloat16().contiguous(memory_format=torch.channels_last)


def main():
    if not fused.AVAILABLE:
        raise SystemExit('fused.cpp cannot be compiled or run on this machine')
    torch.manual_seed(0)
    rows = {}
    for c, h, w, act in ((24, 48, 64, RELU6), (16, 9, 7, RELU), (96, 24, 32, NONE), (768, 3, 4, RELU6)):
        norm = nn.BatchNorm2d(c, eps=1e-3, momentum=0.03)
        nn.init.uniform_(norm.weight, 0.5, 2)
        nn.init.uniform_(norm.bias, -1, 2)
        rows[f'norm {c} {h}x{w}'] = both(2 * picture(8, c, h, w) + 1,
                                         lambda m, x: fused.norm_act(m, x, act),
                                         lambda m, x: ACTIVATIONS[act](m(x)), norm)
    for c, k, s, h, w in ((24, 3, 1, 48, 64), (64, 3, 2, 48, 64), (96, 5, 2, 24, 32),
                          (512, 5, 2, 6, 8), (40, 5, 1, 3, 4), (40, 3, 2, 7, 9), (48, 5, 2, 3, 5)):
        conv = SameConv(c, c, k, s, groups=c, bias=False)
        rows[f'depthwise {c} {k}x{k}/{s} {h}x{w}'] = both(picture(4, c, h, w), fused.depthwise,
                                                          lambda m, x: m(x), conv)
    for name, values in rows.items():
        print(name, *(f'{v:.1e}' for v in values))
    if max(max(values) for values in rows.values()) > LIMIT:
        raise SystemExit(f'a difference is above {LIMIT}')


if __name__ == '__main__':
    main()
