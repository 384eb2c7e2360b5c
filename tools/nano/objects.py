"""Composed objects: furniture, people, animals, trees, cars, small things and abstract stacks."""
import colorsys

import numpy as np

import raycast as rc
from scene import material, rotation


def palette(rng, count=7):
    """A picture's colours: one saturation mood, random hues, wide range of lightness."""
    mood = rng.uniform(0.0, 0.65) ** 1.2
    base = rng.random()
    narrow = rng.random() < 0.3
    colours = []
    for _ in range(count):
        hue = (base + rng.normal(0, 0.06)) % 1 if narrow else rng.random()
        colours.append(colorsys.hsv_to_rgb(hue, np.clip(rng.normal(mood, 0.2), 0, 1),
                                           rng.uniform(0.06, 0.95)))
    return [np.array(c) ** 1.5 for c in colours]


def random_material(rng, colours, scale=1.0, busy=0.6, pictures=0.05):
    """A surface for an object of about `scale` metres."""
    a, b = colours[rng.integers(len(colours))], colours[rng.integers(len(colours))]
    spec = rng.uniform(0.1, 0.8) if rng.random() < 0.3 else 0.0
    common = dict(grain=rng.uniform(0, 0.9) * (rng.random() < 0.7), tile=int(rng.integers(7)),
                  grain_scale=rng.uniform(0.3, 2) / scale, spec=spec, shine=rng.uniform(8, 80),
                  phase=tuple(rng.random(2) * 50))
    if rng.random() > busy:
        return material(a, a, **common)
    if rng.random() < pictures:
        return material(a, b, rc.POSTER, picture=int(rng.integers(96)), **common)
    kind = rng.choice([rc.CHECKER, rc.STRIPES, rc.BRICKS, rc.NOISE, rc.NOISE, rc.NOISE, rc.TILES,
                       rc.WOOD, rc.DOTS, rc.TEXT, rc.PLAID, rc.GRADIENT])
    s = np.exp(rng.uniform(np.log(1.0), np.log(9))) / scale
    if kind == rc.NOISE:
        s *= 0.4
    return material(a, b, int(kind), s, s * rng.choice([1, 1, 0.5, 2]), **common)


class Placer:
    """Adds parts in an object's own frame: base point on the ground, yaw and scale."""

    def __init__(self, scene, position, yaw=0.0, scale=1.0, tilt=None):
        self.scene, self.position, self.scale = scene, np.asarray(position, float), scale
        self.rot = rotation(yaw) if tilt is None else rotation(yaw, *tilt)

    def put(self, kind, center, half, mat, rot=None):
        rot = self.rot if rot is None else self.rot @ rot
        self.scene.add(kind, self.position + self.rot @ (np.asarray(center) * self.scale),
                       np.asarray(half) * self.scale, mat, rot)

    def box(self, center, half, mat, rot=None):
        self.put(rc.BOX, center, half, mat, rot)

    def ball(self, center, half, mat, rot=None):
        self.put(rc.SPHERE, center, half if np.ndim(half) else (half,) * 3, mat, rot)

    def tube(self, center, radius, half, mat, rot=None):
        self.put(rc.CYLINDER, center, (radius, half, radius), mat, rot)

    def cone(self, center, radius, half, mat, rot=None):
        self.put(rc.CONE, center, (radius, half, radius), mat, rot)

    def rod(self, p, q, radius, mat):
        at = [self.position + self.rot @ (np.asarray(v, float) * self.scale) for v in (p, q)]
        self.scene.rod(at[0], at[1], radius * self.scale, mat)


SKIN = [np.array(c) ** 2 for c in ((0.96, 0.8, 0.69), (0.85, 0.64, 0.49), (0.6, 0.4, 0.27),
                                   (0.36, 0.23, 0.16))]


def person(p, rng, colours):
    top = random_material(rng, colours, 0.6, pictures=0.15)
    low = random_material(rng, colours, 0.6, 0.3)
    skin = material(SKIN[rng.integers(4)], grain=0.15)
    hair = material(np.array([0.02, 0.015, 0.01]) + rng.random() * np.array([0.5, 0.3, 0.1]),
                    grain=0.8, tile=4, grain_scale=4)
    stride = rng.uniform(0, 0.25)
    for side in (-1, 1):
        p.rod((side * 0.1, 0.9, 0), (side * 0.12, 0.03, side * stride), 0.075, low)
        p.box((side * 0.12, 0.04, side * stride + 0.06), (0.05, 0.04, 0.13), hair)
        hand = (side * rng.uniform(0.25, 0.5), rng.uniform(0.75, 1.5), rng.uniform(-0.1, 0.4))
        p.rod((side * 0.2, 1.4, 0), hand, 0.05, top)
        p.ball(hand, 0.055, skin)
    p.ball((0, 1.2, 0), (0.22, 0.36, 0.14), top)
    p.tube((0, 1.52, 0), 0.055, 0.08, skin)
    p.ball((0, 1.66, 0), (0.095, 0.125, 0.11), skin)
    p.ball((0, 1.71, -0.025), (0.105, 0.11, 0.11), hair)


def bust(p, rng, colours):
    """Head and shoulders, about 0.75 m tall, facing -z: the subject of a portrait."""
    top = random_material(rng, colours, 0.5, pictures=0.1)
    skin = material(SKIN[rng.integers(4)], grain=0.2, spec=0.1)
    hair = random_material(rng, colours, 0.3, 0.6)
    dark = material((0.02, 0.02, 0.02), spec=0.5)
    p.ball((0, 0.1, 0), (0.27, 0.34, 0.17), top)
    for side in (-1, 1):
        p.ball((side * 0.22, 0.22, 0), 0.11, top)
        p.rod((side * 0.27, 0.2, 0), (side * 0.33, -0.25, rng.uniform(-0.3, 0)), 0.08, top)
        p.ball((side * 0.035, 0.63, -0.1), (0.018, 0.011, 0.01), dark)
    p.tube((0, 0.44, 0), 0.06, 0.09, skin)
    p.ball((0, 0.6, 0), (0.095, 0.13, 0.11), skin)
    p.ball((0, 0.59, -0.11), (0.018, 0.03, 0.025), skin)
    p.ball((0, 0.545, -0.1), (0.03, 0.008, 0.012), material((0.5, 0.15, 0.12)))
    p.ball((0, 0.66, 0.025), (0.11, 0.12, 0.115), hair)
    if rng.random() < 0.4:
        p.ball((0, 0.52, 0.07), (0.14, 0.22, 0.08), hair)


def animal(p, rng, colours):
    """A four-legged animal about 0.6 m tall, facing -z."""
    fur = random_material(rng, colours, 0.4, 0.7)
    length = rng.uniform(0.3, 0.5)
    leg = rng.uniform(0.15, 0.35)
    for side in (-1, 1):
        for end in (-1, 1):
            p.rod((side * 0.1, leg, end * length * 0.7),
                  (side * 0.11, 0, end * length * 0.7 + rng.uniform(-0.08, 0.08)), 0.04, fur)
    p.ball((0, leg + 0.12, 0), (0.15, 0.16, length), fur)
    hy = leg + rng.uniform(0.2, 0.4)
    p.rod((0, leg + 0.18, -length * 0.8), (0, hy, -length - 0.08), 0.07, fur)
    head_face(p, rng, fur, (0, hy + 0.03, -length - 0.12), 0.6)
    p.rod((0, leg + 0.2, length * 0.9), (rng.uniform(-.2, .2), leg + 0.35, length + 0.25), 0.025,
          fur)


def head_face(p, rng, fur, at, size):
    """An animal's head: skull, muzzle, ears and eyes around `at`."""
    x, y, z = at
    dark = material((0.03, 0.02, 0.02), spec=0.7)
    eye = material(np.array([0.5, 0.5, 0.1]) * rng.random(3), spec=0.8)
    p.ball((x, y, z), (0.16 * size, 0.15 * size, 0.17 * size), fur)
    p.ball((x, y - 0.05 * size, z - 0.14 * size), (0.08 * size, 0.06 * size, 0.09 * size), fur)
    p.ball((x, y - 0.03 * size, z - 0.22 * size), 0.022 * size, dark)
    for side in (-1, 1):
        p.cone((x + side * 0.1 * size, y + 0.16 * size, z), 0.06 * size, 0.09 * size, fur)
        p.ball((x + side * 0.065 * size, y + 0.04 * size, z - 0.14 * size), 0.028 * size, eye)
        p.ball((x + side * 0.066 * size, y + 0.04 * size, z - 0.162 * size), 0.012 * size, dark)
        for k in range(2):
            p.rod((x + side * 0.05 * size, y - 0.05 * size, z - 0.2 * size),
                  (x + side * 0.25 * size, y + (0.02 - 0.06 * k) * size, z - 0.22 * size),
                  0.002 * size, material((0.8, 0.8, 0.8)))


def tree(p, rng, colours):
    """A tree about 5 m tall."""
    bark = material(np.array([0.2, 0.13, 0.08]) * rng.uniform(0.4, 1.8), kind=rc.NOISE, scale=1,
                    b=np.array([0.08, 0.05, 0.03]), scale_v=0.3, tile=4)
    green = np.array([rng.uniform(0.05, 0.35), rng.uniform(0.15, 0.45), rng.uniform(0.02, 0.12)])
    if rng.random() < 0.15:
        green = np.array([0.5, 0.25, 0.05]) * rng.uniform(0.5, 1.2)
    leaf = material(green, green * 0.25, rc.NOISE, rng.uniform(0.4, 1.2), tile=int(rng.choice([2, 5,
                                                                                               6])),
                    grain=0.8, grain_scale=0.7)
    lean = rng.normal(0, 0.15)
    p.rod((0, -0.3, 0), (lean, 2.4, 0), rng.uniform(0.08, 0.2), bark)
    style = rng.random()
    if style < 0.3:
        for i in range(4):
            p.cone((lean, 1.7 + i * 0.95, 0), 1.5 - i * 0.33, 0.9, leaf)
    elif style < 0.85:
        for _ in range(rng.integers(4, 9)):
            r = rng.uniform(0.5, 1.1)
            p.ball((lean + rng.normal(0, 0.7), rng.uniform(2.4, 4.3), rng.normal(0, 0.7)),
                   (r, r * 0.8, r), leaf)
    else:
        for _ in range(rng.integers(6, 12)):
            y = rng.uniform(1.2, 2.4)
            p.rod((lean * y / 2.4, y, 0), (rng.normal(0, 1.1), y + rng.uniform(0.4, 1.8),
                                           rng.normal(0, 1.1)), 0.03, bark)


def bush(p, rng, colours):
    green = np.array([rng.uniform(0.05, 0.35), rng.uniform(0.15, 0.4), 0.06])
    leaf = material(green, green * 0.3, rc.NOISE, 1.5, tile=2, grain=0.9)
    for _ in range(rng.integers(2, 6)):
        r = rng.uniform(0.25, 0.5)
        p.ball((rng.normal(0, 0.4), r * 0.7, rng.normal(0, 0.4)), (r, r * 0.8, r), leaf)


def car(p, rng, colours):
    body = material(colours[rng.integers(len(colours))], spec=0.6, shine=60)
    glass = material((0.03, 0.04, 0.06), spec=0.8, shine=80)
    dark = material((0.02, 0.02, 0.02))
    tall = rng.uniform(0.45, 0.95)
    p.box((0, 0.62, 0), (0.88, 0.33, 2.1), body)
    p.box((0, 0.95 + tall * 0.5, 0.2), (0.78, tall * 0.5, rng.uniform(1.0, 1.8)), glass)
    p.box((0, 0.97 + tall, 0.2), (0.8, 0.04, 1.1), body)
    for x in (-1, 1):
        for z in (-1.3, 1.3):
            p.tube((x * 0.82, 0.33, z), 0.33, 0.11, dark, rotation(0, 0, np.pi / 2))
        p.box((x * 0.6, 0.7, -2.1), (0.15, 0.08, 0.03), material((0.9, 0.9, 0.7), glow=0.5))
        p.box((x * 0.6, 0.7, 2.1), (0.15, 0.08, 0.03), material((0.7, 0.05, 0.05), glow=0.2))


def table(p, rng, colours, half=(0.7, 0.4), height=0.74):
    mat = random_material(rng, colours, 1.0, 0.5)
    w, d = half
    p.box((0, height - 0.02, 0), (w, 0.025, d), mat)
    for x in (-1, 1):
        for z in (-1, 1):
            p.box((x * (w - 0.06), height / 2, z * (d - 0.06)), (0.03, height / 2, 0.03), mat)


def chair(p, rng, colours):
    mat = random_material(rng, colours, 0.5, 0.4)
    p.box((0, 0.44, 0), (0.22, 0.025, 0.22), mat)
    for x in (-1, 1):
        for z in (-1, 1):
            p.rod((x * 0.19, 0.44, z * 0.19), (x * 0.21, 0, z * 0.21), 0.02, mat)
        p.rod((x * 0.19, 0.44, 0.2), (x * 0.19, 0.95, 0.25), 0.018, mat)
    if rng.random() < 0.5:
        p.box((0, 0.8, 0.23), (0.2, 0.13, 0.015), mat)
    else:
        for k in range(4):
            p.rod((-0.19, 0.58 + k * 0.1, 0.22), (0.19, 0.58 + k * 0.1, 0.22), 0.012, mat)


def sofa(p, rng, colours):
    mat = random_material(rng, colours, 0.8, 0.5)
    w = rng.uniform(0.45, 1.1)
    p.box((0, 0.22, 0), (w, 0.2, 0.42), mat)
    p.box((0, 0.5, 0.36), (w, 0.35, 0.12), mat)
    for x in (-1, 1):
        p.box((x * w, 0.32, 0), (0.1, 0.3, 0.44), mat)
    if rng.random() < 0.6:
        p.box((rng.uniform(-0.6, 0.6) * w, 0.55, 0.18), (0.2, 0.2, 0.07),
              random_material(rng, colours, 0.3), rotation(0, -0.3, rng.normal(0, 0.3)))


def cabinet(p, rng, colours):
    mat = random_material(rng, colours, 1.0, 0.4)
    w, h, d = rng.uniform(0.3, 0.8), rng.uniform(0.3, 1.1), rng.uniform(0.18, 0.3)
    p.box((0, h, 0), (w, h, d), mat)
    rows = rng.integers(1, 5)
    front = random_material(rng, colours, 0.6, 0.2)
    for k in range(rows):
        p.box((0, h * 2 * (k + 0.5) / rows, -d), (w * 0.93, h / rows * 0.88, 0.012), front)
        p.ball((0, h * 2 * (k + 0.5) / rows, -d - 0.03), 0.02, material((0.7, 0.65, 0.5), spec=0.8))
    for _ in range(rng.integers(0, 3)):
        small_thing(Placer(p.scene, p.position + p.rot @ np.array([rng.uniform(-.7, .7) * w, 2 * h,
                                                                   0]) * p.scale,
                           rng.random() * 6, p.scale), rng, colours)


def shelf(p, rng, colours):
    mat = random_material(rng, colours, 1.0, 0.4)
    w, h, d = rng.uniform(0.35, 0.7), rng.uniform(0.5, 1.1), 0.15
    for x in (-1, 1):
        p.box((x * w, h, 0), (0.02, h, d), mat)
    rows = rng.integers(2, 5)
    for k in range(rows + 1):
        p.box((0, 2 * h * k / rows, 0), (w, 0.015, d), mat)
    for k in range(rows):
        x = -w + 0.05
        while x < w - 0.1:
            t = rng.uniform(0.02, 0.07)
            tall = min(rng.uniform(0.1, 0.17), h / rows * 0.85)
            p.box((x + t, 2 * h * k / rows + tall, 0), (t, tall, 0.1),
                  material(colours[rng.integers(len(colours))]))
            x += 2 * t + rng.choice([0.005, 0.005, 0.15])
    p.box((0, h, d), (w, h, 0.01), mat)


def lamp(p, rng, colours):
    h = rng.uniform(1.1, 1.7)
    pole = material((0.2, 0.2, 0.2), spec=0.4)
    p.tube((0, 0.02, 0), 0.14, 0.02, pole)
    p.rod((0, 0, 0), (0, h, 0), 0.013, pole)
    p.cone((0, h + 0.1, 0), 0.2, 0.18, material((0.9, 0.85, 0.7), glow=rng.uniform(0, 0.8)))


def plant(p, rng, colours):
    s = rng.uniform(0.5, 1.2)
    p.tube((0, 0.16 * s, 0), 0.15 * s, 0.16 * s, random_material(rng, colours, 0.3))
    green = material((rng.uniform(0.05, 0.25), rng.uniform(0.2, 0.45), 0.06), grain=0.6)
    for _ in range(rng.integers(6, 14)):
        a = rng.random() * 6.28
        r = rng.uniform(0.15, 0.45) * s
        tip = np.array([np.cos(a) * r, rng.uniform(0.5, 1.1) * s, np.sin(a) * r])
        p.rod((0, 0.3 * s, 0), tip, 0.008, green)
        p.ball(tip, (0.1 * s, 0.02, 0.06 * s), green, rotation(a, 0, rng.normal(0, 0.5)))


def cup(p, rng, colours):
    mat = random_material(rng, colours, 0.12, 0.4)
    r, h = rng.uniform(0.03, 0.05), rng.uniform(0.03, 0.06)
    p.tube((0, h, 0), r, h, mat)
    p.tube((0, 2 * h, 0), r * 0.88, 0.001, material(np.array([0.12, 0.06, 0.03])
                                                    * rng.uniform(0.3, 4)))
    for k in range(4):
        a, b = (np.pi * (k / 4 - 0.5), np.pi * ((k + 1) / 4 - 0.5))
        p.rod((r + 0.02 * np.cos(a), h + 0.6 * h * np.sin(a), 0),
              (r + 0.02 * np.cos(b), h + 0.6 * h * np.sin(b), 0), 0.005, mat)
    if rng.random() < 0.6:
        p.tube((0, 0.006, 0), r * 2, 0.006, mat)
        p.rod((r * 1.1, 0.018, -0.05), (r * 1.7, 0.02, 0.07), 0.004, material((.6, .6, .6), spec=.9))


def bottle(p, rng, colours):
    mat = random_material(rng, colours, 0.2, 0.3)
    r, h = rng.uniform(0.025, 0.05), rng.uniform(0.07, 0.13)
    p.tube((0, h, 0), r, h, mat)
    p.ball((0, 2 * h, 0), (r, r * 0.8, r), mat)
    p.tube((0, 2 * h + 0.05, 0), r * 0.35, 0.05, mat)
    p.tube((0, h, 0), r * 1.01, h * 0.4, random_material(rng, colours, 0.1, 0.9, 0.5))


def books(p, rng, colours):
    y = 0.0
    for _ in range(rng.integers(1, 5)):
        t = rng.uniform(0.008, 0.025)
        p.box((rng.normal(0, 0.01), y + t, rng.normal(0, 0.01)),
              (rng.uniform(0.07, 0.11), t, rng.uniform(0.09, 0.14)),
              random_material(rng, colours, 0.25, 0.7), rotation(rng.normal(0, 0.2)))
        y += 2 * t


def fruit(p, rng, colours):
    for _ in range(rng.integers(1, 5)):
        r = rng.uniform(0.025, 0.05)
        c = np.array([rng.uniform(0.3, 0.9), rng.uniform(0.1, 0.7), 0.05])
        p.ball((rng.normal(0, 0.06), r, rng.normal(0, 0.06)), r,
               material(c, grain=0.3, spec=0.3, tile=3))


def monitor(p, rng, colours):
    dark = material((0.03, 0.03, 0.03), spec=0.3)
    w = rng.uniform(0.16, 0.32)
    p.box((0, 0.28, 0), (w, w * 0.6, 0.015), dark)
    p.box((0, 0.28, -0.016), (w * 0.95, w * 0.55, 0.002),
          material((0.1, 0.1, 0.2), kind=rc.POSTER, picture=int(rng.integers(96)), glow=0.6))
    p.tube((0, 0.06, 0.01), 0.02, 0.08, dark)
    p.box((0, 0.008, 0), (0.12, 0.008, 0.08), dark)


def carton(p, rng, colours):
    half = rng.uniform(0.03, 0.14, 3)
    p.box((0, half[1], 0), half, random_material(rng, colours, 0.2, 0.8, 0.4))


def bowl(p, rng, colours):
    mat = random_material(rng, colours, 0.2, 0.4)
    r = rng.uniform(0.06, 0.13)
    p.cone((0, 0.5 * r, 0), r, r, mat, rotation(0, np.pi))
    fruit(Placer(p.scene, p.position + np.array([0, r, 0]) * p.scale, 0, p.scale), rng, colours)


def stack(p, rng, colours):
    """An abstract stack of solids about 0.3 m tall."""
    y = 0.0
    for _ in range(rng.integers(1, 5)):
        half = rng.uniform(0.03, 0.12, 3)
        kind = int(rng.integers(4))
        p.put(kind, (rng.normal(0, 0.03), y + half[1], rng.normal(0, 0.03)), half,
              random_material(rng, colours, 0.2), rotation(rng.random() * 6))
        y += 2 * half[1]


SMALL = [cup, cup, bottle, books, fruit, carton, bowl, stack, monitor]


def small_thing(p, rng, colours):
    SMALL[rng.integers(len(SMALL))](p, rng, colours)
