"""Batch norm with activation, and depthwise convolution, in bfloat16 on one thread.

`fused.cpp` is compiled at first use. Without AVX-512 bf16 or a C++ compiler `AVAILABLE` is False and
the model trains on PyTorch's own operators, which are equal up to rounding and half as fast.
"""
import ctypes
import os
import subprocess
import tempfile

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE, LIBRARY = f'{HERE}/fused.cpp', f'{HERE}/libfused.so'
FLAGS = ['-std=c++17', '-O3', '-march=icelake-server', '-mavx512bf16', '-ffast-math',
         '-fno-finite-math-only', '-shared', '-fPIC']
NHWC = torch.channels_last


def load():
    """The compiled library, or None where this machine cannot build or run it."""
    try:
        with open('/proc/cpuinfo') as file:
            if 'avx512_bf16' not in file.read():
                return None
        if not os.path.exists(LIBRARY) or os.path.getmtime(LIBRARY) < os.path.getmtime(SOURCE):
            # Workers start together: each builds its own and the last one in wins.
            with tempfile.TemporaryDirectory(dir=HERE) as folder:
                subprocess.run(['g++', *FLAGS, '-o', f'{folder}/lib.so', SOURCE], check=True)
                os.replace(f'{folder}/lib.so', LIBRARY)
    except (OSError, subprocess.CalledProcessError):
        return None
    library = ctypes.CDLL(LIBRARY)
    array, rows, count, real = ctypes.c_void_p, ctypes.c_long, ctypes.c_int, ctypes.c_float
    library.norm_forward.argtypes = [array, array, rows, count, array, array, array, array, real,
                                     real, count, array, array]
    library.norm_backward.argtypes = [array, array, array, rows, count, array, array, array, array,
                                      count, array, array]
    library.depthwise_forward.argtypes = [array] * 3 + [count] * 10
    library.depthwise_backward.argtypes = [array] * 5 + [count] * 10
    return library


LIB = load()
AVAILABLE = LIB is not None


class NormAct(torch.autograd.Function):
    """Batch norm of [N, C, H, W], C a multiple of 8 and N H W even, then an activation."""

    @staticmethod
    def forward(ctx, x, norm_weight, norm_bias, norm, act):
        x = x.contiguous(memory_format=NHWC)
        n, c, h, w = x.shape
        y, mean, inverse = torch.empty_like(x), torch.empty(c), torch.empty(c)
        LIB.norm_forward(x.data_ptr(), y.data_ptr(), n * h * w, c, norm_weight.data_ptr(),
                         norm_bias.data_ptr(), norm.running_mean.data_ptr(),
                         norm.running_var.data_ptr(), norm.momentum, norm.eps, act,
                         mean.data_ptr(), inverse.data_ptr())
        ctx.save_for_backward(x, norm_weight, norm_bias, mean, inverse)
        ctx.act = act
        return y

    @staticmethod
    def backward(ctx, dy):
        x, weight, bias, mean, inverse = ctx.saved_tensors
        dy = dy.contiguous(memory_format=NHWC)
        n, c, h, w = x.shape
        dx, d_weight, d_bias = torch.empty_like(x), torch.empty(c), torch.empty(c)
        LIB.norm_backward(x.data_ptr(), dy.data_ptr(), dx.data_ptr(), n * h * w, c,
                          weight.data_ptr(), bias.data_ptr(), mean.data_ptr(), inverse.data_ptr(),
                          ctx.act, d_weight.data_ptr(), d_bias.data_ptr())
        return dx, d_weight, d_bias, None, None


class Depthwise(torch.autograd.Function):
    """Depthwise convolution of [N, C, H, W] with TensorFlow SAME padding; kernel 3 or 5, stride 1 or 2."""

    @staticmethod
    def forward(ctx, x, weight, stride):
        x = x.contiguous(memory_format=NHWC)
        n, c, h, w = x.shape
        k = weight.shape[2]
        oh, ow = -(-h // stride), -(-w // stride)
        top, left = max((oh - 1) * stride + k - h, 0) // 2, max((ow - 1) * stride + k - w, 0) // 2
        taps = weight.view(c, k * k).t().contiguous()
        y = torch.empty((n, c, oh, ow), dtype=x.dtype, memory_format=NHWC)
        ctx.sizes = (n, h, w, oh, ow, c, top, left, k, stride)
        LIB.depthwise_forward(x.data_ptr(), taps.data_ptr(), y.data_ptr(), *ctx.sizes)
        ctx.save_for_backward(x, taps)
        return y

    @staticmethod
    def backward(ctx, dy):
        x, taps = ctx.saved_tensors
        dy = dy.contiguous(memory_format=NHWC)
        c, k = ctx.sizes[5], ctx.sizes[8]
        dx, d_taps = torch.empty_like(x), torch.empty(k * k, c)
        LIB.depthwise_backward(x.data_ptr(), taps.data_ptr(), dy.data_ptr(), dx.data_ptr(),
                               d_taps.data_ptr(), *ctx.sizes)
        return dx, d_taps.t().contiguous().view(c, 1, k, k), None


def norm_act(norm, x, act):
    """act: 0 nothing, 1 ReLU6, 2 ReLU."""
    return NormAct.apply(x, norm.weight, norm.bias, norm, act)


def depthwise(conv, x):
    return Depthwise.apply(x, conv.weight, conv.stride[0])
