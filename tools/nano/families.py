"""Scene families. `corridor` is never trained on: it measures transfer to unseen layouts."""
import numpy as np

import objects as ob
import raycast as rc
from scene import Scene, material, rotation
from textures import fractal


def random_look(scene, rng, position, yaw, pitch, fov=None):
    """Camera with random roll and a focal length from wide to short tele."""
    roll = rng.normal(0, 0.03) if rng.random() < 0.8 else rng.normal(0, 0.15)
    scene.look(position, yaw, pitch, roll, rng.uniform(0.65, 1.35) if fov is None else fov)


def random_focus(scene, rng, distance, chance=0.35):
    if rng.random() < chance:
        scene.focus = 1 / max(distance * np.exp(rng.normal(0, 0.3)), 0.1)
        scene.aperture = rng.uniform(2, 14)


def daylight(scene, rng, fog=0.0):
    """Sun, sky, clouds, haze: clear, overcast, golden hour or dusk."""
    mood = rng.choice(4, p=[0.45, 0.27, 0.18, 0.1])
    a = rng.random() * 2 * np.pi
    height = rng.uniform(0.35, 1.3) if mood != 2 else rng.uniform(0.12, 0.4)
    sun = np.array([np.cos(a), height, np.sin(a)])
    sun /= np.linalg.norm(sun)
    zenith, horizon, warm, ambient, power = [
        ((0.12, 0.28, 0.7), (0.6, 0.75, 0.92), (1.0, 0.95, 0.85), 0.5, 1.1),
        ((0.5, 0.54, 0.6), (0.75, 0.77, 0.8), (1, 1, 1), 0.95, 0.25),
        ((0.2, 0.28, 0.55), (0.95, 0.6, 0.35), (1.2, 0.7, 0.35), 0.4, 1.0),
        ((0.02, 0.03, 0.08), (0.12, 0.12, 0.2), (0.5, 0.55, 0.8), 0.5, 0.35)][mood]
    tint = np.exp(rng.normal(0, 0.12, 3))
    zenith, horizon = np.array(zenith) * tint, np.array(horizon) * tint
    power *= rng.uniform(0.7, 1.3)
    ambient_rgb = (0.4 * zenith + 0.6 * horizon) * ambient * rng.uniform(0.7, 1.3)
    cloud = np.array([1, 1, 1]) * (1.0 if mood < 2 else 0.6) * horizon.max() * 1.1
    scene.sky = np.array([*zenith, *horizon, *cloud, rng.uniform(0, 0.75) * (rng.random() < 0.75),
                          rng.uniform(3, 16), *sun, rng.uniform(0, 1) * (mood != 1)])
    scene.light = np.array([0, *sun, *(np.array(warm) * power), *ambient_rgb,
                            rng.choice([0.02, 0.1, 0.3]) if mood != 1 else 0.8, 1.0])
    scene.fog = fog
    scene.ao_reach = rng.choice([0.0, 0.6, 1.2])


def lamplight(scene, rng, position, reach):
    """A lamp or window light inside a room of size `reach`."""
    warm = np.array([1, rng.uniform(0.75, 1), rng.uniform(0.5, 1.05)])
    power = rng.uniform(0.4, 1.1)
    scene.light = np.array([1, *position, *(warm * power), *(warm * rng.uniform(0.25, 0.7)),
                            rng.choice([0.05, 0.3, 0.8]), reach * reach * 0.5])
    scene.ao_reach = rng.choice([0.3, 0.6, 1.0])


def surface_material(rng, colours, scale, busy=0.6):
    return ob.random_material(rng, colours, scale, busy, 0.0)


def wall_pictures(scene, rng, half, floor, count):
    """Posters, windows and doors on the walls: flat things that look deep."""
    w, h, d = half
    for _ in range(count):
        side = rng.integers(4)
        y = floor + rng.uniform(0.45, 0.8) * 2 * h
        size = np.array([rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.6)])
        along = rng.uniform(-0.85, 0.85)
        yaw = [0, np.pi / 2, np.pi, -np.pi / 2][side]
        at = [(along * w, y, d), (w, y, along * d), (along * w, y, -d), (-w, y, along * d)][side]
        style = rng.random()
        picture = material(ob.palette(rng, 1)[0], kind=rc.POSTER, picture=int(rng.integers(96)),
                           glow=0.0 if style < 0.7 else rng.uniform(0.3, 2.0))
        frame = material(rng.random(3) * 0.6)
        rot = rotation(yaw)
        if style > 0.88:
            at = (at[0], floor + 1.0, at[2])
            size = np.array([0.42, 1.0])
            picture = surface_material(rng, ob.palette(rng, 2), 1.0, 0.4)
        scene.add(rc.BOX, at, (*(size + 0.04), 0.02), frame, rot)
        scene.add(rc.BOX, at, (*size, 0.028), picture, rot)


def room(rng):
    s = Scene(rng)
    colours = ob.palette(rng)
    half = np.array([rng.uniform(1.4, 4), rng.uniform(1.15, 1.7), rng.uniform(1.8, 5)])
    w, h, d = half
    pale = np.clip(np.array([0.75, 0.72, 0.66]) * np.exp(rng.normal(0, 0.3, 3)), 0.05, 0.95)
    wall = surface_material(rng, [pale, *colours[:2]], 1.0, 0.35)
    s.add(rc.ROOM, (0, h, 0), half, [wall, surface_material(rng, colours, 1.0, 0.8),
                                     material(pale * 0.5 + 0.4, grain=0.1)])
    lamplight(s, rng, (rng.uniform(-.6, .6) * w, rng.uniform(1.3, 1.95) * h,
                       rng.uniform(-.8, .8) * d), (w + d) / 2)
    wall_pictures(s, rng, half, 0, rng.integers(2, 9))
    along = [(ob.cabinet, 0.3), (ob.shelf, 0.18), (ob.sofa, 0.45), (ob.plant, 0.3), (ob.lamp, 0.2)]
    for _ in range(rng.integers(3, 9)):
        make, depth = along[rng.integers(len(along))]
        side = rng.integers(4)
        k = rng.uniform(-0.8, 0.8)
        at, yaw = [((k * w, 0, d - depth), 0), ((w - depth, 0, k * d), np.pi / 2),
                   ((-w + depth, 0, k * d), -np.pi / 2), ((k * w, 0, d - depth), 0)][side]
        make(ob.Placer(s, at, yaw), rng, colours)
    free = [ob.table, ob.chair, ob.chair, ob.sofa, ob.plant, ob.person, ob.animal, ob.lamp]
    for _ in range(rng.integers(1, 7)):
        at = (rng.uniform(-.75, .75) * w, 0, rng.uniform(-.5, .8) * d)
        make = free[rng.integers(len(free))]
        make(ob.Placer(s, at, rng.random() * 6.3), rng, colours)
        if make is ob.table:
            for _ in range(rng.integers(1, 5)):
                ob.small_thing(ob.Placer(s, (at[0] + rng.uniform(-.3, .3), 0.745,
                                             at[2] + rng.uniform(-.25, .25)), rng.random() * 6),
                               rng, colours)
    if rng.random() < 0.4:
        s.add(rc.BOX, (rng.uniform(-.4, .4) * w, 0.006, rng.uniform(-.2, .5) * d),
              (rng.uniform(0.5, 1.4), 0.006, rng.uniform(0.5, 1.2)),
              surface_material(rng, colours, 0.8, 0.9), rotation(rng.normal(0, 0.3)))
    yaw = rng.normal(0, 0.45)
    z = -d * rng.uniform(0.5, 0.95)
    random_look(s, rng, (rng.uniform(-.6, .6) * w, rng.uniform(0.7, min(1.9, 1.8 * h)), z), yaw,
                rng.normal(0.12, 0.14))
    random_focus(s, rng, d, 0.2)
    return s


def pole(s, rng, x, z):
    grey = material(np.array([1, 1, 1]) * rng.uniform(0.03, 0.5), spec=0.2)
    h = rng.uniform(2.5, 7)
    s.rod((x, 0, z), (x, h, z), rng.uniform(0.03, 0.1), grey)
    kind = rng.random()
    if kind < 0.4:
        s.rod((x, h, z), (x - np.sign(x) * 1.3, h + 0.2, z), 0.04, grey)
        s.add(rc.BOX, (x - np.sign(x) * 1.3, h + 0.15, z), (0.3, 0.06, 0.12), grey)
    elif kind < 0.8:
        s.add(rc.BOX, (x, h - 0.4, z), (0.35, 0.35, 0.02),
              ob.random_material(rng, ob.palette(rng, 2), 0.5, 0.9, 0.5))
    return h


def building(s, rng, colours, x, z, half):
    """A facade block, often with ledges and a roof."""
    kind = rc.FACADE if rng.random() < 0.75 else rc.BRICKS
    a = colours[rng.integers(len(colours))] * 0.6 + 0.2
    b = np.array([0.05, 0.07, 0.1]) * rng.uniform(0.5, 5)
    mat = material(a, b if kind == rc.FACADE else a * 0.6, kind, rng.uniform(0.25, 0.6),
                   rng.uniform(0.28, 0.4), grain=rng.uniform(0, 0.5), grain_scale=0.3,
                   phase=tuple(rng.random(2)))
    w, h, d = half
    s.add(rc.BOX, (x, h, z), half, mat)
    roof = rng.random()
    if roof < 0.3:
        s.add(rc.BOX, (x, 2 * h + 0.15, z), (w + 0.25, 0.15, d + 0.25), material(a * 0.5))
    elif roof < 0.5 and h < 5:
        tile = material(np.array([0.4, 0.15, 0.1]) * rng.uniform(0.4, 1.4), kind=rc.BRICKS, scale=3)
        for k in range(5):
            s.add(rc.BOX, (x, 2 * h + 0.3 + 0.5 * k, z), (w * (1 - k / 5), 0.3, d), tile)
    if rng.random() < 0.4:
        shop = ob.random_material(rng, colours, 1.5, 0.8, 0.4)
        s.add(rc.BOX, (x - np.sign(x) * (w + 0.3), 2.9, z), (0.5, 0.1, d * 0.8), shop)


def street(rng):
    s = Scene(rng)
    colours = ob.palette(rng)
    daylight(s, rng, rng.choice([0.0, 0.004, 0.012, 0.03], p=[0.45, 0.25, 0.2, 0.1]))
    road_half = rng.uniform(3.3, 8)
    asphalt = np.array([1, 1, 1.03]) * rng.uniform(0.06, 0.35)
    road = material(asphalt, np.array([0.8, 0.8, 0.75]), rc.ROAD, 1, rng.uniform(0.12, 0.3),
                    grain=rng.uniform(0.2, 0.7), grain_scale=rng.uniform(0.2, 1.5), tile=2)
    if rng.random() < 0.3:
        road = surface_material(rng, colours, 2.0, 0.9)
    s.add(rc.PLANE, (0, 0, 0), (1, 1, 1), road)
    walk = surface_material(rng, [asphalt * 1.5, *colours[:1]], 1.2, 0.7)
    length = rng.uniform(45, 140)
    for side in (-1, 1):
        if rng.random() < 0.85:
            s.add(rc.BOX, (side * (road_half + 10), 0.06, length / 2 - 10), (10, 0.08, length), walk)
        setback = road_half + rng.uniform(1.5, 6)
        z = rng.uniform(-15, 5)
        style = rng.random()
        while z < length:
            d = rng.uniform(3, 9)
            if rng.random() < (0.88 if style < 0.75 else 0.25):
                w = rng.uniform(3, 8)
                building(s, rng, colours, side * (setback + w + rng.uniform(0, 1.5)), z + d,
                         (w, rng.uniform(2.2, 12), d))
            else:
                ob.tree(ob.Placer(s, (side * (setback + rng.uniform(0, 3)), 0, z + d),
                                  rng.random() * 6, rng.uniform(0.8, 1.8)), rng, colours)
            z += 2 * d + rng.choice([0, 0, rng.uniform(1, 6)])
        step = rng.uniform(6, 14)
        if rng.random() < 0.8:
            tops = []
            x = side * (road_half + 0.6)
            for k in range(int(min(length / step, 6))):
                z = 5 + k * step + rng.normal(0, 0.5)
                if rng.random() < 0.3:
                    ob.tree(ob.Placer(s, (x, 0, z), 0, rng.uniform(0.7, 1.2)), rng, colours)
                else:
                    tops.append((x, pole(s, rng, x, z), z))
            if rng.random() < 0.4:
                for p, q in zip(tops, tops[1:]):
                    s.rod(p, q, 0.015, material((0.02, 0.02, 0.02)))
        for _ in range(rng.integers(0, 5)):
            at = (side * (road_half - rng.uniform(1.1, 1.5)), 0, rng.uniform(4, 40))
            ob.car(ob.Placer(s, at, np.pi * (side > 0) + rng.normal(0, 0.05)), rng, colours)
        for _ in range(rng.integers(0, 5)):
            at = (side * (road_half + rng.uniform(0.5, 2)), 0.1, rng.uniform(3, 25))
            make = [ob.person, ob.person, ob.bush, ob.animal][rng.integers(4)]
            make(ob.Placer(s, at, rng.random() * 6), rng, colours)
    if rng.random() < 0.6:
        building(s, rng, colours, rng.normal(0, 8), length + 10, (14, rng.uniform(3, 14), 4))
    for _ in range(rng.integers(0, 4)):
        ob.car(ob.Placer(s, (rng.uniform(-.7, .7) * road_half, 0, rng.uniform(6, 45)),
                         np.pi * rng.integers(2)), rng, colours)
    random_look(s, rng, (rng.uniform(-.9, .9) * road_half, rng.uniform(0.9, 3.2), 0),
                rng.normal(0, 0.3), rng.normal(0.03, 0.12))
    return s


def terrain_grid(rng, relief, side=192, cell=1.0):
    """A height field that rises away from the camera."""
    n = fractal(rng, 256, 3, 6, rng.uniform(0.35, 0.55))[:side, :side]
    far = np.linspace(0, 1, side)[:, None]
    grid = (n - 0.5) * relief * (0.15 + 0.85 * far ** rng.uniform(0.6, 2))
    if rng.random() < 0.5:
        grid = np.maximum(grid, -0.1 * relief)
    return grid + relief * rng.uniform(-0.1, 0.6) * far ** 2


def landscape(rng):
    s = Scene(rng)
    colours = ob.palette(rng)
    daylight(s, rng, rng.choice([0.0, 0.004, 0.012, 0.03], p=[0.3, 0.3, 0.25, 0.15]))
    s.cell = rng.uniform(0.4, 1.6)
    s.terrain = terrain_grid(rng, rng.uniform(2, 60) * s.cell * 0.8)
    earth = [np.array(c) * rng.uniform(0.6, 1.4) for c in
             ((0.12, 0.2, 0.05), (0.35, 0.28, 0.16), (0.3, 0.3, 0.28), (0.6, 0.5, 0.33),
              (0.85, 0.87, 0.9), (0.25, 0.15, 0.08))]
    pick = rng.choice(6, 2, replace=False)

    def soil(a):
        return material(a, a * rng.uniform(0.4, 0.9), rc.NOISE, rng.uniform(0.1, 0.8),
                        grain=rng.uniform(0.3, 1), grain_scale=rng.uniform(0.05, 0.6),
                        tile=int(rng.choice([0, 1, 2, 6])))
    s.ground = np.stack([soil(earth[pick[0]]), soil(earth[pick[1]]),
                         np.full(18, rng.uniform(0.7, 0.97))])
    reach = 190 * s.cell

    def height(x, z):
        n = s.terrain.shape[0]
        u = np.clip(x / s.cell + n * 0.5, 0, n - 2)
        v = np.clip(z / s.cell, 0, n - 2)
        return s.terrain[int(v), int(u)]
    cam = np.array([rng.uniform(-5, 5), 0, rng.uniform(2, 8)])
    cam[1] = height(cam[0], cam[2]) + rng.uniform(1.0, 5.0 if rng.random() < 0.8 else 14)
    makes = [ob.tree, ob.tree, ob.tree, ob.bush, ob.animal, ob.person, rock, house]
    kinds = rng.choice(len(makes), 3)
    for _ in range(rng.integers(6, 30)):
        z = cam[2] + np.exp(rng.uniform(np.log(3.5), np.log(reach * 0.6)))
        x = cam[0] + (z - cam[2]) * rng.uniform(-.8, .8)
        at = (x, height(x, z) - 0.1, z)
        makes[rng.choice(kinds)](ob.Placer(s, at, rng.random() * 6.3, rng.uniform(0.6, 1.7)), rng,
                                 colours)
    if rng.random() < 0.3:
        level = np.percentile(s.terrain, rng.uniform(5, 40))
        if level < cam[1] - 0.7:
            s.add(rc.PLANE, (0, level, 0), (1, 1, 1),
                  material((0.06, 0.12, 0.18), (0.2, 0.3, 0.38), rc.NOISE, 0.2, 0.9, tile=4,
                           spec=0.5))
    if rng.random() < 0.35:
        wood = surface_material(rng, [colours[0], np.array([0.3, 0.2, 0.1])], 0.5, 0.3)
        z0, x0, slope = cam[2] + rng.uniform(3, 10), cam[0] + rng.uniform(-8, 2), rng.normal(0, .6)
        posts = [(x0 + k * 1.6, z0 + k * 1.6 * slope) for k in range(9)]
        posts = [(x, height(x, z), z) for x, z in posts]
        for a, b in zip(posts, posts[1:]):
            s.rod(a, (a[0], a[1] + 1.2, a[2]), 0.06, wood)
            for up in (0.5, 1.0):
                s.rod((a[0], a[1] + up, a[2]), (b[0], b[1] + up, b[2]), 0.03, wood)
    random_look(s, rng, cam, rng.normal(0, 0.2), rng.normal(0.05, 0.1))
    return s


def rock(p, rng, colours):
    mat = material(np.array([1, 0.97, 0.9]) * rng.uniform(0.1, 0.5), kind=rc.NOISE, scale=1,
                   b=np.array([0.1, 0.1, 0.1]), tile=1, grain=0.7)
    for _ in range(rng.integers(1, 4)):
        half = rng.uniform(0.2, 0.8, 3)
        p.ball((rng.normal(0, 0.4), half[1] * 0.4, rng.normal(0, 0.4)), half, mat,
               rotation(rng.random() * 6, rng.normal(0, 0.4), rng.normal(0, 0.4)))


def house(p, rng, colours):
    wall = surface_material(rng, colours, 1.5, 0.6)
    w, h, d = rng.uniform(2, 5), rng.uniform(1.2, 3), rng.uniform(2, 4)
    p.box((0, h, 0), (w, h, d), wall)
    roof = material(np.array([0.35, 0.15, 0.1]) * rng.uniform(0.4, 1.5), kind=rc.BRICKS, scale=2)
    tilt = rng.uniform(0.5, 0.8)
    for side in (-1, 1):
        p.box((0, 2 * h + d * 0.3, side * d * 0.5), (w + 0.3, 0.1, d * 0.75), roof,
              rotation(0, side * tilt))
    p.box((w * 0.3, 1.0, -d), (0.45, 1.0, 0.05), material(colours[0]))
    p.box((-w * 0.4, 1.5, -d), (0.5, 0.5, 0.05), material((0.05, 0.07, 0.1), spec=0.6))


def backdrop(s, rng, colours, distance):
    """What lies behind a table or a subject: a wall, a room or an open view."""
    style = rng.random()
    if style < 0.4:
        s.add(rc.BOX, (0, 0, distance), (distance * 4, distance * 4, 0.02),
              surface_material(rng, colours, rng.uniform(0.4, 1.5), 0.7), rotation(rng.normal(0, .3)))
        for _ in range(rng.integers(0, 4)):
            s.add(rc.BOX, (rng.uniform(-1, 1) * distance, rng.uniform(0, 1.2) * distance,
                           distance - 0.03), (*(rng.uniform(0.1, 0.5, 2) * distance), 0.02),
                  material((0.5, 0.5, 0.5), kind=rc.POSTER, picture=int(rng.integers(96)),
                           glow=rng.uniform(0, 1.5) * (rng.random() < 0.3)))
    else:
        makes = [ob.plant, ob.cabinet, ob.shelf, ob.chair, ob.person, ob.sofa, ob.tree, ob.lamp]
        for _ in range(rng.integers(2, 8)):
            z = rng.uniform(0.8, 2.5) * distance + 1
            makes[rng.integers(len(makes))](
                ob.Placer(s, (rng.uniform(-1, 1) * z, -0.75, z), rng.random() * 6), rng, colours)


def table_top(rng):
    s = Scene(rng)
    colours = ob.palette(rng)
    if rng.random() < 0.5:
        lamplight(s, rng, (rng.uniform(-1, 1), rng.uniform(0.6, 1.5), rng.uniform(-.8, .8)), 1.2)
        s.sky = np.concatenate([np.tile(colours[0] * 0.5, 3), np.array([0, 5, 0, 1, 0, 0])])
    else:
        daylight(s, rng)
    s.ao_reach = 0.12
    top = surface_material(rng, colours, rng.uniform(0.2, 0.8), 0.75)
    half = np.array([rng.uniform(0.4, 1.2), 0.02, rng.uniform(0.35, 0.9)])
    s.add(rc.BOX, (0, -0.02, 0.3), half, top, rotation(rng.normal(0, 0.4)))
    s.add(rc.PLANE, (0, -0.75, 0), (1, 1, 1), surface_material(rng, colours, 1.0, 0.8))
    spread = rng.uniform(0.12, 0.4)
    if rng.random() < 0.3:
        s.add(rc.BOX, (rng.normal(0, 0.1), 0.002, 0.1), (rng.uniform(.1, .3), .002,
                                                         rng.uniform(.1, .25)),
              surface_material(rng, colours, 0.2, 0.9), rotation(rng.random() * 6))
    for _ in range(rng.integers(1, 12)):
        at = (rng.normal(0, spread), 0, rng.normal(0.15, spread))
        if abs(at[0]) < half[0] and abs(at[2] - 0.3) < half[2]:
            ob.small_thing(ob.Placer(s, at, rng.random() * 6.3, rng.uniform(0.7, 1.4)), rng, colours)
    backdrop(s, rng, colours, half[2] + rng.uniform(0.3, 2.0))
    pitch = rng.uniform(0.1, 1.15)
    distance = rng.uniform(0.3, 0.9)
    aim = np.array([rng.normal(0, 0.06), rng.uniform(0, 0.08), 0.12])
    yaw = rng.normal(0, 0.4)
    forward = rotation(yaw, pitch)[:, 2]
    random_look(s, rng, aim - forward * distance, yaw, pitch, rng.uniform(0.6, 1.15))
    random_focus(s, rng, distance, 0.5)
    return s


def crowd(rng):
    """Many objects of mixed kinds standing on open or enclosed ground."""
    s = Scene(rng)
    colours = ob.palette(rng)
    daylight(s, rng, rng.choice([0.0, 0.01, 0.03], p=[0.6, 0.25, 0.15]))
    s.add(rc.PLANE, (0, 0, 0), (1, 1, 1), surface_material(rng, colours, rng.uniform(0.6, 4), 0.8))
    far = np.exp(rng.uniform(np.log(6), np.log(45)))
    makes = [ob.person, ob.person, ob.animal, ob.tree, ob.bush, ob.chair, ob.table, ob.sofa,
             ob.cabinet, ob.lamp, ob.plant, ob.car, rock, ob.shelf, big_stack]
    kinds = rng.choice(len(makes), rng.integers(1, 6))
    eye = rng.uniform(0.6, 2.4) if rng.random() < 0.75 else rng.uniform(2.5, 6)
    for _ in range(rng.integers(5, 26)):
        z = np.exp(rng.uniform(np.log(1.6), np.log(far)))
        x = z * rng.uniform(-.75, .75)
        makes[rng.choice(kinds)](ob.Placer(s, (x, 0, z + 0.3), rng.random() * 6.3,
                                           rng.uniform(0.8, 1.25)), rng, colours)
    if rng.random() < 0.65:
        yaw = rng.normal(0, 0.25)
        s.add(rc.BOX, (0, 0, far + 3), (far * 4, rng.uniform(1, 9), 0.3),
              ob.random_material(rng, colours, 3.0, 0.9, 0.15), rotation(yaw))
    pitch = np.arctan2(eye - 0.9, far * 0.35) + rng.normal(0, 0.1)
    random_look(s, rng, (0, eye, 0), rng.normal(0, 0.15), pitch)
    random_focus(s, rng, rng.uniform(2, 8), 0.25)
    return s


def big_stack(p, rng, colours):
    p.scale *= rng.uniform(2, 8)
    ob.stack(p, rng, colours)


def rocket(p, rng, colours):
    """A tall tower or rocket with a plume or scaffold, about 1 m tall."""
    mat = ob.random_material(rng, colours, 0.4, 0.4)
    p.tube((0, 0.5, 0), 0.06, 0.4, mat)
    p.cone((0, 0.98, 0), 0.06, 0.08, mat)
    if rng.random() < 0.5:
        for side in (-1, 1):
            p.tube((side * 0.1, 0.4, 0), 0.03, 0.3, mat)
    else:
        for k in range(6):
            p.rod((0.15, k * 0.15, 0), (0.15, k * 0.15 + 0.15, 0), 0.01, mat)
            p.rod((0.05, k * 0.15, 0), (0.15, k * 0.15 + 0.1, 0), 0.006, mat)


def tower(p, rng, colours):
    p.scale *= 2
    rocket(p, rng, colours)


def subject(rng):
    """One large subject close to the camera in front of a backdrop: portraits, pets, objects."""
    s = Scene(rng)
    colours = ob.palette(rng)
    if rng.random() < 0.5:
        lamplight(s, rng, (rng.uniform(-1.5, 1.5), rng.uniform(0.4, 1.6), rng.uniform(-1.2, 0.3)),
                  1.5)
        s.sky = np.concatenate([np.tile(colours[0] * 0.6, 3), np.array([0, 5, 0, 1, 0, 0])])
    else:
        daylight(s, rng)
    s.ao_reach = 0.25
    s.add(rc.PLANE, (0, -0.75, 0), (1, 1, 1), surface_material(rng, colours, 1.0, 0.8))
    kind = rng.integers(5)
    yaw = rng.normal(0, 0.5)
    if kind <= 1:
        ob.bust(ob.Placer(s, (rng.normal(0, 0.08), -0.3, 0), yaw, 1.0,
                          (rng.normal(0, 0.15), rng.normal(0, 0.15))), rng, colours)
        if rng.random() < 0.3:
            ob.bust(ob.Placer(s, (rng.choice([-1, 1]) * rng.uniform(0.5, 0.8), -0.3,
                                  rng.uniform(0, 0.9)), rng.normal(0, 0.5)), rng, colours)
        aim = np.array([0, 0.22, 0])
    elif kind == 2:
        fur = ob.random_material(rng, colours, 0.3, 0.8, 0.0)
        p = ob.Placer(s, (0, -0.1, 0), yaw, rng.uniform(0.8, 1.6), (rng.normal(0, 0.2), 0))
        ob.head_face(p, rng, fur, (0, 0.15, 0), 1.0)
        p.ball((rng.normal(0, 0.1), -0.08, 0.3), (0.22, 0.22, 0.4), fur)
        aim = np.array([0, 0.05, 0])
    elif kind == 3:
        ob.animal(ob.Placer(s, (0, -0.4, 0.2), rng.random() * 6.3), rng, colours)
        aim = np.array([0, -0.1, 0.2])
    else:
        makes = [ob.stack, ob.plant, tower, ob.cup, ob.bottle, ob.carton, ob.bowl, ob.person]
        make = makes[rng.integers(len(makes))]
        size = {ob.stack: 1.8, ob.plant: 0.6, ob.cup: 5, ob.bottle: 2.5, ob.carton: 2.5, ob.bowl: 3,
                ob.person: 0.45}.get(make, 0.5)
        make(ob.Placer(s, (0, -0.35, 0.1), yaw, size), rng, colours)
        aim = np.array([0, 0.0, 0.1])
    if rng.random() < 0.4:
        s.add(rc.BOX, (rng.normal(0, 0.3), -0.45, rng.uniform(-0.1, 0.4)), (rng.uniform(.4, 2), .1,
                                                                            .35),
              surface_material(rng, colours, 0.5, 0.7))
    backdrop(s, rng, colours, np.exp(rng.uniform(np.log(0.6), np.log(6))))
    pitch = rng.normal(0.08, 0.16)
    side = rng.normal(0, 0.2)
    distance = rng.uniform(0.55, 1.5)
    forward = rotation(side, pitch)[:, 2]
    random_look(s, rng, aim + rng.normal(0, 0.06, 3) - forward * distance, side, pitch,
                rng.uniform(0.5, 1.0))
    random_focus(s, rng, distance, 0.6)
    return s


def corridor(rng):
    """Held out: long halls with stairs, columns, doors, pipes and railings."""
    s = Scene(rng)
    colours = ob.palette(rng)
    half = np.array([rng.uniform(1.0, 2.6), rng.uniform(1.2, 2.2), rng.uniform(6, 18)])
    w, h, d = half
    s.add(rc.ROOM, (0, h, d - 2), half, [surface_material(rng, colours, 1.0, 0.6),
                                         surface_material(rng, colours, 1.0, 0.9),
                                         surface_material(rng, colours, 1.0, 0.5)])
    lamplight(s, rng, (0, 1.9 * h, rng.uniform(0.2, 1.0) * d), d * 0.6)
    door = surface_material(rng, colours, 1.0, 0.4)
    z = rng.uniform(0, 2)
    while z < 2 * d - 3:
        for side in (-1, 1):
            if rng.random() < 0.6:
                s.add(rc.BOX, (side * w, 1.0, z), (0.04, 1.0, 0.45), door)
            if rng.random() < 0.3:
                s.add(rc.BOX, (side * w, 1.5, z + 0.9), (0.03, 0.3, 0.3),
                      ob.random_material(rng, colours, 0.5, 1.0, 0.7))
        z += rng.uniform(1.6, 3)
    if rng.random() < 0.5:
        step = rng.uniform(2, 4)
        column = surface_material(rng, colours, 0.6, 0.5)
        for k in range(int(min(d * 2 / step, 8))):
            for side in (-1, 1):
                s.add(rc.CYLINDER, (side * w * 0.75, h, 1.5 + k * step), (0.16, h, 0.16), column)
    stairs = rng.random()
    if stairs < 0.55:
        tread = surface_material(rng, colours, 0.5, 0.5)
        start, n = rng.uniform(2, 6), rng.integers(5, 14)
        left = -w if stairs < 0.35 else 0.0
        for k in range(n):
            s.add(rc.BOX, ((left + w) / 2, 0.085 * (k + 1), start + 0.3 * k + 3),
                  ((w - left) / 2, 0.085 * (k + 1), 3.0), tread)
        rail = material((0.15, 0.15, 0.15), spec=0.5)
        for k in range(0, n, 2):
            y, zz = 0.17 * (k + 1), start + 0.3 * k + 0.15
            s.rod((left + 0.06, y, zz), (left + 0.06, y + 0.9, zz), 0.015, rail)
        s.rod((left + 0.06, 1.07, start), (left + 0.06, 1.07 + 0.17 * n, start + 0.3 * n), 0.02, rail)
    for _ in range(rng.integers(0, 4)):
        y, x = rng.uniform(1.6, 1.95) * h, rng.choice([-1, 1]) * rng.uniform(.6, .95) * w
        s.rod((x, y, -2), (x, y, 2 * d), rng.uniform(0.02, 0.07), material(colours[0], spec=0.4))
    if stairs > 0.55:
        for _ in range(rng.integers(0, 4)):
            make = [ob.person, ob.chair, ob.plant, ob.cabinet][rng.integers(4)]
            make(ob.Placer(s, (rng.uniform(-.7, .7) * w, 0, rng.uniform(2, 10)), rng.random() * 6),
                 rng, colours)
    random_look(s, rng, (rng.uniform(-.4, .4) * w, rng.uniform(1.0, 1.8), -1.0),
                rng.normal(0, 0.12), rng.normal(0.05, 0.1), rng.uniform(0.75, 1.2))
    return s


SEEN = {'room': room, 'street': street, 'landscape': landscape, 'table': table_top, 'crowd': crowd,
        'subject': subject}
UNSEEN = {'corridor': corridor}
FAMILIES = {**SEEN, **UNSEEN}
