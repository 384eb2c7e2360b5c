"""Writes the ONNX graphs that peers are measured on: the published networks and single operations, with seeded weights.

    pip install -r tools/peers/requirements.txt
    python tools/peers/export_onnx.py --upstream DIR [--out bench/peers/models] [--only conv3x3 ...]

`upstream` holds the checkouts that tools/fixtures/README.md lists. Every weight is the seeded tensor of its name, as in
truth/seeded_weights.ts, so that both sides of a measurement compute the same numbers.
"""

import argparse
import json
import sys
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "fixtures"))

import published  # noqa: E402
import seeded  # noqa: E402

OPSET = 17
CHAIN = 4
"""Convolutions in a row, so that a peer's layout changes at both ends weigh little."""
PIPELINE = "depth-anything-v2-small-pipeline"
"""Folders of the model for transformers.js begin with this, and end in the side of the network's input."""
SIDES = (252, 126)


class Linear(nn.Module):
    def __init__(self, inputs: int, outputs: int, gelu: bool):
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)
        self.act = nn.GELU() if gelu else nn.Identity()

    def forward(self, x):
        return self.act(self.linear(x))


class Attention(nn.Module):
    """The attention of DINOv2 between its two linear layers, as published."""

    def __init__(self, heads: int):
        super().__init__()
        self.heads = heads

    def forward(self, qkv):
        b, t, c3 = qkv.shape
        d = c3 // 3 // self.heads
        q, k, v = qkv.reshape(b, t, 3, self.heads, d).permute(2, 0, 3, 1, 4).unbind(0)
        scores = (q * d**-0.5) @ k.transpose(-2, -1)
        return (scores.softmax(-1) @ v).transpose(1, 2).reshape(b, t, c3 // 3)


class Convolutions(nn.Module):
    def __init__(self, channels: int, kernel: int, depthwise: bool):
        super().__init__()
        groups = channels if depthwise else 1
        self.layers = nn.ModuleList(
            nn.Conv2d(channels, channels, kernel, padding=kernel // 2, groups=groups) for _ in range(CHAIN)
        )

    def forward(self, x):
        for layer in self.layers:
            x = torch.relu(layer(x))
        return x


def graphs(upstream: Path):
    """Name -> (module maker, input shape)."""
    return {
        "gemm": (lambda: Linear(384, 1152, False), (1, 325, 384)),
        "gemm_gelu": (lambda: Linear(384, 1536, True), (1, 325, 384)),
        "attention": (lambda: Attention(6), (1, 325, 1152)),
        "conv3x3": (lambda: Convolutions(64, 3, False), (1, 64, 64, 64)),
        "depthwise3x3": (lambda: Convolutions(192, 3, True), (1, 192, 64, 64)),
        "depthwise5x5": (lambda: Convolutions(816, 5, True), (1, 816, 16, 16)),
        "midas-v2.1-small": (lambda: published.midas_small(upstream), (1, 3, 256, 256)),
        "depth-anything-v2-small": (lambda: published.depth_anything_v2(upstream, "vits"), (1, 3, 252, 252)),
    }


def export(module: nn.Module, shape: tuple[int, ...], path: Path):
    published.load_seeded(module)
    x = torch.from_numpy(seeded.tensor("input", shape))
    with torch.no_grad():
        torch.onnx.export(
            module, (x,), str(path), input_names=["x"], output_names=["y"], opset_version=OPSET, dynamo=False
        )


def export_for_transformers_js(upstream: Path, folder: Path, side: int):
    """Depth Anything V2 small as transformers.js loads it: hub names for input and output, config files beside it."""
    module = published.depth_anything_v2(upstream, "vits")
    published.load_seeded(module)
    x = torch.from_numpy(seeded.tensor("input", (1, 3, side, side)))
    (folder / "onnx").mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        torch.onnx.export(
            module,
            (x,),
            str(folder / "onnx" / "model.onnx"),
            input_names=["pixel_values"],
            output_names=["predicted_depth"],
            opset_version=OPSET,
            dynamo=False,
        )
    config = {"model_type": "depth_anything", "architectures": ["DepthAnythingForDepthEstimation"]}
    processor = {
        "image_processor_type": "DPTImageProcessor",
        "do_resize": True,
        "size": {"height": side, "width": side},
        "keep_aspect_ratio": True,
        "ensure_multiple_of": 14,
        "resample": 3,
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": [0.485, 0.456, 0.406],
        "image_std": [0.229, 0.224, 0.225],
        "do_pad": False,
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "preprocessor_config.json").write_text(json.dumps(processor))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--upstream", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("bench/peers/models"))
    parser.add_argument("--only", nargs="*")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for name, (make, shape) in graphs(options.upstream).items():
        if options.only and name not in options.only:
            continue
        path = options.out / f"{name}.onnx"
        export(make(), shape, path)
        print(f"{path}: {path.stat().st_size} bytes")
    if not options.only or PIPELINE in options.only:
        for side in SIDES:
            export_for_transformers_js(options.upstream, options.out / f"{PIPELINE}-{side}", side)


if __name__ == "__main__":
    main()
