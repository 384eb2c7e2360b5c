"""Records the ONNX graphs that peers are measured on, without their weights: published networks and single operations.

    pip install -r tools/fixtures/requirements.txt -r tools/peers/requirements.txt
    python tools/peers/export_onnx.py --upstream DIR [--only dpt-large-128x96 ...]

`upstream` holds the checkouts that tools/fixtures/README.md lists. The networks are those of bench/peers/networks.json.
A graph's weights are external data of the file LOCATION, one tensor after another, each under its name in the
checkpoint. The bench fills them with the seeded tensors of those names (bench/peers/graphs.ts). What the published code
computes for itself, such as index tables and masks, stays in the graph.
"""

import argparse
import json
import math
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import brotli
import onnx
import torch
from torch import nn

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "fixtures"))

import published  # noqa: E402
import record_models  # noqa: E402
import seeded  # noqa: E402

OUT = ROOT / "bench" / "peers" / "graphs"
OPSET = 17
CHAIN = 4
"""Convolutions in a row, so that a peer's layout changes at both ends weigh little."""
LOCATION = "model.onnx_data"
"""The name that transformers.js gives the weights beside a model.onnx."""


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


OPERATIONS = {
    "gemm": (lambda: Linear(384, 1152, False), (1, 325, 384)),
    "gemm_gelu": (lambda: Linear(384, 1536, True), (1, 325, 384)),
    "attention": (lambda: Attention(6), (1, 325, 1152)),
    "conv3x3": (lambda: Convolutions(64, 3, False), (1, 64, 64, 64)),
    "depthwise3x3": (lambda: Convolutions(192, 3, True), (1, 192, 64, 64)),
    "depthwise5x5": (lambda: Convolutions(816, 5, True), (1, 816, 16, 16)),
}
"""Name -> (module maker, input shape)."""


def graphs(upstream: Path):
    """Name -> (module maker, input shape)."""
    networks = json.loads((ROOT / "bench" / "peers" / "networks.json").read_text())
    return OPERATIONS | {
        f"{row['model']}-{row['width']}x{row['height']}": (
            lambda row=row: network(row, upstream),
            (1, 3, row["height"], row["width"]),
        )
        for row in networks
    }


def network(row: dict, upstream: Path) -> nn.Module:
    """A published network, picture [1,3,H,W] to its map alone. For one of videos that is a clip of a frame."""
    case = record_models.Case(row["model"], row["width"], row["height"], 0)
    source = record_models.Published(case, upstream)
    model, forward = source.model, source.model.forward
    if source.third:
        model.model.cam_dec = None  # its code holds the size of the picture, and nothing of it is in the map
        model.forward = lambda x: model.model(x[None]).depth[0]
    elif source.zoe:
        model.forward = lambda x: forward(x)["metric_depth"]
    elif source.video:
        model.forward = lambda x: forward(x[None])[0]
    return model


def quantile(values: torch.Tensor, q: float) -> torch.Tensor:
    """`torch.quantile` by its definition: between ranks by a straight line."""
    ordered = values.sort()[0]
    place = (values.shape[0] - 1) * torch.tensor(q)
    below = place.floor()
    low, high = ordered[below.long()], ordered[place.ceil().long()]
    return low + (high - low) * (place - below)


@contextmanager
def as_published():
    """Lets a graph be traced through the code that runs.

    MiDaS unflattens tokens to sizes that are tensors then. Next-ViT leaves out norms, which it expects to be merged.
    The router of ZoeDepth NK has a kernel in torch that takes a whole layer, and none in ONNX.
    """
    kept = nn.Unflatten, torch.onnx.is_in_onnx_export, torch.quantile, torch.cartesian_prod
    nn.Unflatten = lambda dim, sizes: kept[0](dim, tuple(int(size) for size in sizes))
    torch.onnx.is_in_onnx_export = lambda: False
    # ONNX has no operators for these.
    torch.quantile = quantile
    torch.cartesian_prod = lambda y, x: torch.stack(torch.meshgrid(y, x, indexing="ij"), -1).flatten(0, 1)
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        nn.Unflatten, torch.onnx.is_in_onnx_export, torch.quantile, torch.cartesian_prod = kept
        torch.backends.mha.set_fastpath_enabled(True)


def export(module: nn.Module, shape: tuple[int, ...]) -> onnx.ModelProto:
    """The graph with every tensor of the checkpoint as it is: nothing is folded and no BatchNorm merged.

    Input and output have the names that transformers.js asks for.
    """
    x = torch.from_numpy(seeded.tensor("input", shape))
    with torch.no_grad(), as_published(), tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/model.onnx"
        module(x)  # BEiT keeps the table of indices of a size from here on, which is thousands of nodes otherwise
        torch.onnx.export(
            module,
            (x,),
            path,
            input_names=["pixel_values"],
            output_names=["predicted_depth"],
            opset_version=OPSET,
            training=torch.onnx.TrainingMode.PRESERVE,
            do_constant_folding=False,
            dynamo=False,
        )
        return onnx.load(path)


def with_shared_constants(model: onnx.ModelProto) -> onnx.ModelProto:
    """Keeps one node of all that give the same constant."""
    kept, first, renamed = [], {}, {}
    for node in model.graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]
        if node.op_type == "Constant":
            name = first.setdefault(node.attribute[0].SerializeToString(deterministic=True), node.output[0])
            if name != node.output[0]:
                renamed[node.output[0]] = name
                continue
        kept.append(node)
    del model.graph.node[:]
    model.graph.node.extend(kept)
    return model


def without_weights(model: onnx.ModelProto, module: nn.Module) -> onnx.ModelProto:
    """Takes the values out of every initializer that a seeded tensor fills."""
    filled = {name for name, value in module.state_dict().items() if published.is_seeded(name, value)}
    offset = 0
    for tensor in model.graph.initializer:
        if tensor.name not in filled:
            continue
        length = 4 * math.prod(tensor.dims)
        assert tensor.data_type == onnx.TensorProto.FLOAT and len(tensor.raw_data) == length, tensor.name
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (("location", LOCATION), ("offset", offset), ("length", length)):
            tensor.external_data.add(key=key, value=str(value))
        offset += length
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--upstream", type=Path, required=True)
    parser.add_argument("--only", nargs="*")
    options = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    for name, (make, shape) in graphs(options.upstream).items():
        if options.only and name not in options.only:
            continue
        module = make().eval()
        graph = without_weights(with_shared_constants(export(module, shape)), module)
        graph = graph.SerializeToString(deterministic=True)
        path = OUT / f"{name}.onnx.br"
        path.write_bytes(brotli.compress(graph, quality=11, lgwin=24))
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes, {len(graph)} before compression")


if __name__ == "__main__":
    main()
