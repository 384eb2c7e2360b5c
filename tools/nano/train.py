"""Trains nano on rendered shards; tools/nano/README.md has the command.

The schedule is a function of the share of the time budget spent, so a slower machine takes fewer
steps but ends annealed. Running the command again resumes from the last checkpoint.
"""
import argparse
import csv
import math
import os
import time

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from data import Shards, batch, normalise
from export import load_export, unfold
from families import FAMILIES, SEEN
from losses import LAYOUTS, layout_loss, objective
from metrics import measure
from model import Nano, TrainingNano

# (progress at which the phase ends, picture sizes (width, height), pixels in a batch of one worker,
# whether the head runs at half size). Crops of up to SMALL pixels on their long side come from the
# small pictures. A share of large ones early spares a shock later.
SMALL_SIZES = [(128, 96), (128, 96), (128, 96), (128, 96), (96, 128), (128, 128)]
LARGE_SIZES = [(256, 192), (256, 192), (256, 192), (192, 256), (256, 256)]
PHASES = [(0.4, [*SMALL_SIZES, (256, 192)], 32 * 128 * 96, True),
          (0.88, LARGE_SIZES, 16 * 256 * 192, True),
          (1.01, LARGE_SIZES, 12 * 256 * 192, False)]
SMALL = 160
# Streets and landscapes were learnt long before the other families.
SHARES = {family: 1 if family in ('street', 'landscape') else 2 for family in SEEN}
FINAL_RATE, WARMUP = 1e-5, 0.02
# Layout before edges: the gradient term comes in late and grows to the paper's weight.
GRADIENT_START, GRADIENT_FULL, GRADIENT_WEIGHT = 0.25, 0.75, 0.1
# The truth is exact, so nothing is trimmed until the large errors, whole objects, are gone.
KEEP = (1.0, 0.8)


def gradient_weight(progress):
    k = (progress - GRADIENT_START) / (GRADIENT_FULL - GRADIENT_START)
    return 0.02 + (GRADIENT_WEIGHT - 0.02) * min(max(k, 0.0), 1.0)


def learning_rate(progress, peak):
    if progress < WARMUP:
        return peak * (progress / WARMUP + 0.02)
    k = (progress - WARMUP) / (1 - WARMUP)
    return FINAL_RATE + (peak - FINAL_RATE) * 0.5 * (1 + math.cos(math.pi * min(k, 1.0)))


# Workers step on their own and average their weights now and then: on a shared machine a
# synchronous step would wait for whichever worker was interrupted.
STEPS_BETWEEN_AVERAGES = 12


def average_workers(module, workers):
    """Replaces floating weights and statistics by their mean over the workers."""
    tensors = [v for v in module.state_dict().values() if v.is_floating_point()]
    flat = torch.cat([v.reshape(-1) for v in tensors])
    dist.all_reduce(flat)
    flat /= workers
    for v, part in zip(tensors, flat.split([v.numel() for v in tensors])):
        v.copy_(part.view(v.shape))


class Average:
    """Exponential moving average of weights and batch statistics."""

    def __init__(self, model):
        self.state = {k: v.detach().clone().float() for k, v in model.state_dict().items()}

    def update(self, model, step):
        decay = min(0.97, (1 + step) / (10 + step))
        for k, v in model.state_dict().items():
            self.state[k].lerp_(v.float(), 1 - decay)


def validate(state, shards, per_family, size, half):
    """Mean metrics per family of averaged weights on fixed held-out pictures."""
    whole = TrainingNano(LAYOUTS, len(SEEN))
    whole.nano.load_state_dict(state)
    whole.eval()
    rows = {}
    for family in FAMILIES:
        rgb, disparity = shards.store[family][0]
        x = normalise(rgb[:per_family])
        with torch.no_grad():
            y, _, _ = whole(torch.nn.functional.interpolate(x, size[::-1], mode='bilinear',
                                                            antialias=True), half)
            y = torch.nn.functional.interpolate(y, x.shape[2:], mode='bilinear')
        scores = [measure(y[i, 0].relu().numpy(), np.array(disparity[i], np.float32))
                  for i in range(per_family)]
        rows[family] = {k: float(np.mean([s[k] for s in scores])) for k in scores[0]}
    return rows


def log_row(path, values):
    fresh = not os.path.exists(path)
    with open(path, 'a', newline='') as file:
        writer = csv.writer(file)
        if fresh:
            writer.writerow(values.keys())
        writer.writerow(values.values())


def report(run, spent, step, losses, average, held_out, size, half, pictures):
    rows = validate(average.state, held_out, 8, size, half)
    values = {'minutes': round(spent / 60, 2), 'step': step, 'size': f'{size[0]}x{size[1]}',
              'pictures': pictures, 'loss': round(float(losses[0]), 4),
              'data': round(float(losses[1]), 4),
              'gradient': round(float(losses[2]), 4), 'layout': round(float(losses[3]), 4),
              'family': round(float(losses[4]), 4)}
    for family, row in rows.items():
        values[f'{family}_spearman'] = round(row['spearman'], 4)
        values[f'{family}_delta'] = round(row['delta'], 4)
    log_row(f'{run}/curve.csv', values)
    print(values, flush=True)


def worker(rank, args):
    torch.set_num_threads(1)
    os.environ.setdefault('MASTER_ADDR', '127.0.0.1')
    os.environ.setdefault('MASTER_PORT', str(args.port))
    dist.init_process_group('gloo', rank=rank, world_size=args.workers)
    torch.manual_seed(args.seed)
    whole = TrainingNano(LAYOUTS, len(SEEN)).to(memory_format=torch.channels_last)
    model = whole.nano
    decayed = [p for p in whole.parameters() if p.ndim > 1]
    plain = [p for p in whole.parameters() if p.ndim <= 1]
    optimiser = torch.optim.AdamW([{'params': decayed, 'weight_decay': 0.02},
                                   {'params': plain, 'weight_decay': 0.0}], args.rate, fused=True)
    large, small = Shards(args.data, SEEN), Shards(args.small, SEEN)
    checkpoint = f'{args.run}/checkpoint.pt'
    if args.weights and not os.path.exists(checkpoint):
        pictures = [normalise(large.store[family][0][0]) for family in SEEN]
        model.load_state_dict(unfold(load_export(args.weights), pictures).state_dict())
    average, step, spent = Average(model), 0, 0.0
    if os.path.exists(checkpoint):
        saved = torch.load(checkpoint)
        model.load_state_dict(saved['model'])
        if 'whole' in saved:
            whole.load_state_dict(saved['whole'])
            optimiser.load_state_dict(saved['optimiser'])
        average.state, step, spent = saved['average'], saved['step'], saved['spent']
    held_out = Shards(args.validation, FAMILIES) if rank == 0 else None
    rng = np.random.default_rng([args.seed, rank, step])
    generator = torch.Generator().manual_seed(args.seed * 1000003 + rank * 7919 + step)
    shared = np.random.default_rng([args.seed, step])
    last, last_report, sums, count = time.time(), spent, np.zeros(5), 0
    budget = args.minutes * 60
    clock = torch.zeros(1)

    def keep(size, half):
        """Writes the checkpoint, and the scores since the last one."""
        torch.save({'model': model.state_dict(), 'whole': whole.state_dict(),
                    'optimiser': optimiser.state_dict(), 'average': average.state, 'step': step,
                    'spent': spent}, checkpoint + '.new')
        os.replace(checkpoint + '.new', checkpoint)
        report(args.run, spent, step, sums / count, average, held_out, size, half,
               small.count() + large.count())

    # A killed command takes its workers along.
    while mp.parent_process().is_alive():
        if step % STEPS_BETWEEN_AVERAGES == 0:
            average_workers(whole, args.workers)
            average.update(model, step)
            # Rank 0 keeps the clock, so that all workers share the phase and stop together.
            clock[0] = spent
            dist.broadcast(clock, 0)
        progress = clock.item() / budget
        if progress >= 1:
            break
        _, sizes, pixels, half = next(p for p in PHASES if progress < p[0])
        width, height = sizes[shared.integers(len(sizes))]
        shards = small if max(width, height) <= SMALL else large
        image, disparity, family = batch(shards, rng, generator, pixels // (width * height), width,
                                         height, SHARES)
        image = image.contiguous(memory_format=torch.channels_last)
        for group in optimiser.param_groups:
            group['lr'] = learning_rate(progress, args.rate)
        whole.train()
        with torch.autocast('cpu', torch.bfloat16, enabled=args.bf16):
            output, layout, kind = whole(image, half)
        target = disparity[:, :, ::2, ::2] if half else disparity
        loss, data, slope = objective(output.float(), target, gradient_weight(progress),
                                      KEEP[0] if progress < 0.98 else KEEP[1])
        # The training-only heads fade out before the last phase.
        aid = 0.6 * max(1 - progress, 0.0)
        layout = layout_loss(layout, disparity)
        kind = torch.nn.functional.cross_entropy(kind.float(), family)
        loss = loss + aid * (0.3 * layout + 0.1 * kind)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(whole.parameters(), 1.0)
        optimiser.step()
        step += 1
        sums += [loss.item(), data.item(), slope.item(), layout.item(), kind.item()]
        count += 1
        now = time.time()
        spent += now - last
        last = now
        if step % 200 == 0:
            large.refresh()
            small.refresh()
        if rank == 0 and spent - last_report > args.every * 60:
            last_report = spent
            keep(sizes[0], half)
            sums, count = np.zeros(5), 0
    if rank == 0 and count:
        keep(sizes[0], half)
    dist.destroy_process_group()


def main():
    args = argparse.ArgumentParser()
    args.add_argument('--data', required=True)
    args.add_argument('--small', required=True, help='shards for the first, low-resolution phase')
    args.add_argument('--validation', required=True)
    args.add_argument('--run', required=True)
    args.add_argument('--weights', help='exported weights to train on, in place of random ones')
    args.add_argument('--rate', type=float, default=2.5e-3, help='learning rate after the warm-up')
    args.add_argument('--minutes', type=float, default=85)
    args.add_argument('--every', type=float, default=4, help='minutes between checkpoints')
    args.add_argument('--workers', type=int, default=2)
    args.add_argument('--seed', type=int, default=1)
    args.add_argument('--port', type=int, default=29511)
    args.add_argument('--bf16', action='store_true')
    args = args.parse_args()
    os.makedirs(args.run, exist_ok=True)
    # Workers keep freed memory: the kernel's zeroing of fresh pages costs as much as the arithmetic.
    os.environ.update(MALLOC_MMAP_THRESHOLD_='4000000000', MALLOC_TRIM_THRESHOLD_='8000000000')
    mp.spawn(worker, (args,), args.workers)


if __name__ == '__main__':
    main()
