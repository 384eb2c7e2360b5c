"""Nano: MiDaS small (EfficientNet-Lite encoder, expanding fusion decoder) at reduced widths.

Block types, kernel sizes, strides and tensor names are those of midas_v21_small_256, so a loader
that reads widths and depths from tensor shapes needs nothing new. refinenet4.resConfUnit1, which
MiDaS stores and never uses, is left out.
"""
import torch
import torch.nn.functional as F
from torch import nn

import fused

BN_EPS = 1e-3
# (output channels, blocks) of stages b0..b6; kernels and strides as in EfficientNet-Lite3.
STEM = 24
STAGES = [(16, 1), (24, 2), (32, 2), (64, 3), (96, 2), (128, 2), (192, 1)]
KERNELS = [3, 3, 5, 3, 5, 5, 3]
STRIDES = [1, 2, 2, 2, 1, 2, 1]
EXPANSION = 4
FEATURES = 16
HEAD = (16, 16)


class SameConv(nn.Conv2d):
    """Convolution with TensorFlow SAME padding: smaller half first."""

    def forward(self, x):
        if x.dtype != torch.bfloat16 or self.groups == 1:
            return self.convolve(x)
        if fused.AVAILABLE:
            return fused.depthwise(self, x)
        # PyTorch's bf16 gradient of a depthwise convolution is 2 to 4 times slower than its f32 one.
        with torch.autocast('cpu', enabled=False):
            return self.convolve(x.float()).bfloat16()

    def convolve(self, x):
        k, s = self.kernel_size[0], self.stride[0]
        if s == 1:
            return F.conv2d(x, self.weight, None, 1, k // 2, 1, self.groups)
        # SAME pads `before` on the left and top. Padding s more there adds one output to cut off
        # and spares a padded copy of x.
        sides, cut = [], []
        for n in x.shape[2:]:
            out = -(-n // s)
            before = max((out - 1) * s + k - n, 0) // 2
            sides.append(before + s)
            cut.append(out)
        y = F.conv2d(x, self.weight, None, s, sides, 1, self.groups)
        return y[:, :, 1:1 + cut[0], 1:1 + cut[1]]


def conv(c_in, c_out, k=1, s=1, groups=1):
    return SameConv(c_in, c_out, k, s, bias=False, groups=groups)


def norm(c):
    return nn.BatchNorm2d(c, eps=BN_EPS, momentum=0.03)


NONE, RELU6, RELU = range(3)
ACTIVATIONS = [lambda x: x, F.relu6, F.relu]


def norm_act(norm, x, act):
    """Batch norm, then an activation."""
    if fused.AVAILABLE and norm.training and x.dtype == torch.bfloat16:
        return fused.norm_act(norm, x, act)
    return ACTIVATIONS[act](norm(x))


class DepthwiseSeparable(nn.Module):
    def __init__(self, c_in, c_out, k):
        super().__init__()
        self.conv_dw = conv(c_in, c_in, k, groups=c_in)
        self.bn1 = norm(c_in)
        self.conv_pw = conv(c_in, c_out)
        self.bn2 = norm(c_out)

    def forward(self, x):
        y = norm_act(self.bn1, self.conv_dw(x), RELU6)
        return norm_act(self.bn2, self.conv_pw(y), NONE)


class InvertedResidual(nn.Module):
    def __init__(self, c_in, c_out, k, s):
        super().__init__()
        mid = c_in * EXPANSION
        self.conv_pw = conv(c_in, mid)
        self.bn1 = norm(mid)
        self.conv_dw = conv(mid, mid, k, s, mid)
        self.bn2 = norm(mid)
        self.conv_pwl = conv(mid, c_out)
        self.bn3 = norm(c_out)
        self.skip = s == 1 and c_in == c_out

    def forward(self, x):
        y = norm_act(self.bn1, self.conv_pw(x), RELU6)
        y = norm_act(self.bn2, self.conv_dw(y), RELU6)
        y = norm_act(self.bn3, self.conv_pwl(y), NONE)
        return x + y if self.skip else y


def stage(index, c_in):
    c_out, count = STAGES[index]
    k, s = KERNELS[index], STRIDES[index]
    if index == 0:
        return nn.Sequential(DepthwiseSeparable(c_in, c_out, k)), c_out
    blocks = [InvertedResidual(c_in if b == 0 else c_out, c_out, k, s if b == 0 else 1)
              for b in range(count)]
    return nn.Sequential(*blocks), c_out


class NormedConv(nn.Conv2d):
    """3x3 convolution with bias whose output is batch-normalised while training from scratch.

    The released decoder has no normalisation; `fold` makes the weight and bias equal without it.
    """

    def __init__(self, c_in, c_out):
        super().__init__(c_in, c_out, 3, padding=1)
        self.norm = norm(c_out)

    def forward(self, x, act=NONE):
        x = super().forward(x)
        return ACTIVATIONS[act](x) if self.norm is None else norm_act(self.norm, x, act)

    def fold(self):
        n = self.norm
        scale = n.weight.data / torch.sqrt(n.running_var + n.eps)
        self.weight.data.mul_(scale.view(-1, 1, 1, 1))
        self.bias.data = (self.bias.data - n.running_mean) * scale + n.bias.data
        self.norm = None


class ResidualConvUnit(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv1 = NormedConv(c, c)
        self.conv2 = NormedConv(c, c)

    def forward(self, x):
        return x + self.conv2(self.conv1(F.relu(x), RELU))


class Fusion(nn.Module):
    def __init__(self, c, c_out, lateral):
        super().__init__()
        if lateral:
            self.resConfUnit1 = ResidualConvUnit(c)
        self.resConfUnit2 = ResidualConvUnit(c)
        self.out_conv = nn.Conv2d(c, c_out, 1)

    def forward(self, x, lateral=None):
        if lateral is not None:
            x = x + self.resConfUnit1(lateral)
        # A 1x1 convolution and a bilinear resize commute; the convolution is cheaper first.
        x = self.out_conv(self.resConfUnit2(x))
        return F.interpolate(x, scale_factor=2, mode='bilinear', align_corners=True)


class Nano(nn.Module):
    """[N, 3, H, W] normalised rgb, H and W multiples of 32 -> [N, 1, H, W] inverse depth >= 0."""

    def __init__(self):
        super().__init__()
        self.pretrained, self.scratch = nn.Module(), nn.Module()
        b0, c = stage(0, STEM)
        b1, c1 = stage(1, c)
        self.pretrained.layer1 = nn.Sequential(conv(3, STEM, 3, 2), norm(STEM), nn.ReLU6(), b0, b1)
        b2, c2 = stage(2, c1)
        self.pretrained.layer2 = nn.Sequential(b2)
        b3, c = stage(3, c2)
        b4, c3 = stage(4, c)
        self.pretrained.layer3 = nn.Sequential(b3, b4)
        b5, c = stage(5, c3)
        b6, c4 = stage(6, c)
        self.pretrained.layer4 = nn.Sequential(b5, b6)
        s, f = self.scratch, FEATURES
        for i, c in enumerate((c1, c2, c3, c4)):
            setattr(s, f'layer{i + 1}_rn', nn.Conv2d(c, f << i, 3, padding=1, bias=False))
        s.refinenet4 = Fusion(f * 8, f * 4, False)
        s.refinenet3 = Fusion(f * 4, f * 2, True)
        s.refinenet2 = Fusion(f * 2, f, True)
        s.refinenet1 = Fusion(f, f, True)
        s.output_conv = nn.Sequential(
            nn.Conv2d(f, HEAD[0], 3, padding=1), nn.Upsample(scale_factor=2, mode='bilinear'),
            NormedConv(HEAD[0], HEAD[1]), nn.ReLU(), nn.Conv2d(HEAD[1], 1, 1),
            nn.ReLU())
        for m in self.modules():
            if isinstance(m, ResidualConvUnit):
                nn.init.constant_(m.conv2.norm.weight, 0.5)
            if isinstance(m, SameConv):
                fan = m.kernel_size[0] ** 2 * m.out_channels / m.groups
                nn.init.normal_(m.weight, 0, (2 / fan) ** 0.5)
        # The output ends in a ReLU: start on its live side.
        nn.init.normal_(s.output_conv[4].weight, 0, 0.05)
        nn.init.constant_(s.output_conv[4].bias, 0.5)

    def fold(self):
        """Folds the decoder's training-time normalisation; the encoder keeps its own."""
        for m in list(self.modules()):
            if isinstance(m, NormedConv) and m.norm is not None:
                m.fold()
        return self

    def features(self, x):
        """Fused decoder features at half size and the deepest encoder map."""
        stem, norm, _, *blocks = self.pretrained.layer1
        l1 = norm_act(norm, stem(x), RELU6)
        for block in blocks:
            l1 = block(l1)
        l2 = self.pretrained.layer2(l1)
        l3 = self.pretrained.layer3(l2)
        l4 = self.pretrained.layer4(l3)
        s = self.scratch
        p = s.refinenet4(s.layer4_rn(l4))
        p = s.refinenet3(p, s.layer3_rn(l3))
        p = s.refinenet2(p, s.layer2_rn(l2))
        return s.refinenet1(p, s.layer1_rn(l1)), l4

    def forward(self, x):
        return self.scratch.output_conv(self.features(x)[0])


class TrainingNano(nn.Module):
    """Nano with two heads that exist only while training: surface layout and scene family.

    Regression alone leaves the layout prior slowly; classes give the encoder a steeper path.
    """

    def __init__(self, layouts, families):
        super().__init__()
        self.nano = Nano()
        self.layout = nn.Conv2d(FEATURES, layouts, 1)
        self.family = nn.Linear(STAGES[6][0], families)

    def forward(self, x, half):
        """Output before its ReLU, layout logits at half size, family logits.

        With `half` the head leaves out its upsampling: the output is half the size and a third of
        the work is gone, which the layout of a scene does not miss.
        """
        p, deep = self.nano.features(x)
        head = self.nano.scratch.output_conv
        y = head[0](p)
        y = head[4](head[2](y if half else head[1](y), RELU))
        return y, self.layout(p), self.family(F.relu(deep).mean((2, 3)))
