"""Records metrics.py on small maps, for the TypeScript metrics: test/fixtures/eval/metrics.json."""
import json
import os

import numpy as np

from metrics import align, measure

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../test/fixtures/eval/metrics.json')
HEIGHT, WIDTH = 12, 16


def maps(rng, noise, sky, ties):
    """An estimate and the true disparity: a receding floor with boxes, sky above it."""
    disparity = np.linspace(0.02, 1, HEIGHT)[:, None] * rng.uniform(0.9, 1.1, (HEIGHT, WIDTH))
    disparity[4:8, 3:9] = 0.7
    disparity[:sky] = 0
    estimate = 30 * disparity - 4 + rng.normal(0, 30 * noise, disparity.shape)
    return np.round(estimate / ties) * ties if ties else estimate, disparity


def main():
    cases = {}
    for name, noise, sky, ties in (('close', 0.02, 0, 0), ('sky', 0.1, 3, 0), ('ties', 0.1, 2, 4.0)):
        estimate, disparity = maps(np.random.default_rng(len(cases)), noise, sky, ties)
        estimate, disparity = np.round(estimate, 4), np.round(disparity, 4)
        scores = measure(estimate, disparity)
        scores['aligned_first'] = float(align(estimate, disparity)[0, 0])
        cases[name] = {'estimate': estimate.ravel().tolist(), 'disparity': disparity.ravel().tolist(),
                       'scores': scores}
    os.makedirs(os.path.dirname(OUT), exist_ok=True)
    with open(OUT, 'w') as file:
        json.dump(cases, file)


if __name__ == '__main__':
    main()
