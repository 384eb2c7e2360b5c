"""Writes a checkpoint's averaged weights as safetensors (f16, MiDaS tensor names, BN kept)."""
import argparse
import json
import struct

import numpy as np
import torch

from model import Nano, NormedConv

METADATA = {'format': 'pt', 'model': 'nano', 'license': 'MIT', 'input_long_side': '256',
            'input_multiple_of': '32', 'input_mean': '0.485 0.456 0.406',
            'input_std': '0.229 0.224 0.225', 'output': 'relative inverse depth'}


def write_safetensors(path, tensors, metadata):
    """Minimal writer: names sorted, header padded to 8 bytes, so equal weights give equal files."""
    header, blobs, offset = {'__metadata__': metadata}, [], 0
    for name in sorted(tensors):
        blob = tensors[name].tobytes()
        header[name] = {'dtype': 'F16', 'shape': list(tensors[name].shape),
                        'data_offsets': [offset, offset + len(blob)]}
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % 8)
    with open(path, 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text + b''.join(blobs))


def half_tensors(state):
    """f16 arrays of every tensor but the batch counters; refuses overflow."""
    out = {}
    for name, value in state.items():
        if name.endswith('num_batches_tracked'):
            continue
        half = value.detach().numpy().astype(np.float16)
        if not np.isfinite(half).all():
            raise ValueError(f'{name} does not fit f16')
        out[name] = half
    return out


def load_export(path):
    """Model with the weights of an exported file, as a reader of the file would have them."""
    from safetensors.numpy import load_file
    model = Nano().fold()
    state = {k: torch.from_numpy(v.astype(np.float32)) for k, v in load_file(path).items()}
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not unexpected and all(m.endswith('num_batches_tracked') for m in missing)
    return model.eval()


def unfold(model, pictures):
    """Gives a folded model its decoder's normalisation back, so that it can be trained on: each norm
    undoes itself on the statistics of `pictures`, normalised rgb in batches."""
    convs = {name: m for name, m in model.named_modules() if isinstance(m, NormedConv)}
    sums = {name: torch.zeros(3, m.out_channels, dtype=torch.float64) for name, m in convs.items()}

    def watch(total):
        def hook(module, inputs, _):
            # What comes before the activation, which the output may have passed.
            y = torch.nn.Conv2d.forward(module, inputs[0])
            flat = y.double().transpose(0, 1).flatten(1)
            total.add_(torch.stack([torch.full_like(flat[:, 0], flat.shape[1]), flat.sum(1),
                                    flat.square().sum(1)]))
        return hook

    hooks = [m.register_forward_hook(watch(sums[name])) for name, m in convs.items()]
    with torch.no_grad():
        for x in pictures:
            model(x)
    for hook in hooks:
        hook.remove()
    whole = Nano()
    whole.load_state_dict(model.state_dict(), strict=False)
    for name, (count, total, squares) in sums.items():
        mean = total / count
        variance = squares / count - mean.square()
        n = whole.get_submodule(name).norm
        n.running_mean.copy_(mean)
        n.running_var.copy_(variance)
        n.weight.data.copy_((variance + n.eps).sqrt())
        n.bias.data.copy_(mean)
    return whole


def main():
    args = argparse.ArgumentParser()
    args.add_argument('--run', required=True)
    args.add_argument('--out', required=True)
    args = args.parse_args()
    saved = torch.load(f'{args.run}/checkpoint.pt', map_location='cpu')
    metadata = dict(METADATA, training=f"{saved['step']} steps, {saved['spent'] / 60:.0f} minutes "
                    'in the last run, procedurally rendered scenes')
    model = Nano()
    model.load_state_dict(saved['average'])
    write_safetensors(args.out, half_tensors(model.eval().fold().state_dict()), metadata)
    model = load_export(args.out)
    print(args.out, sum(p.numel() for p in model.parameters()), 'parameters', metadata['training'])


if __name__ == '__main__':
    main()
