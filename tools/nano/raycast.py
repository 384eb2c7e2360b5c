"""Ray casting kernels: primary hits, textures, shadows and ambient occlusion.

World axes: x right, y up, z forward. A primary ray direction has a camera z
component of 1, so the ray parameter of a hit *is* the camera z depth in metres.
Every primitive is one canonical solid under an affine map, which keeps the ray
parameter, so boxes, ellipsoids, tilted cylinders and cones share one code path.
"""
import math

import numpy as np
from numba import njit

BOX, SPHERE, CYLINDER, CONE, ROOM, PLANE = range(6)
(SOLID, CHECKER, STRIPES, BRICKS, NOISE, TILES, WOOD, POSTER, FACADE, DOTS, TEXT, ROAD, PLAID,
 GRADIENT) = range(14)
TERRAIN_ID = 10_000
SKY_ID = -1
FAR = 1e9


@njit(fastmath=True, cache=True)
def hash01(a, b, c):
    h = (a * 374761393 + b * 668265263 + c * 2147483647) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 1274126177) & 0xFFFFFFFF
    h = ((h ^ (h >> 16)) * 2246822519) & 0xFFFFFFFF
    return ((h ^ (h >> 15)) & 0xFFFFFF) / 16777216.0


@njit(fastmath=True, cache=True)
def fetch(grid, u, v):
    """Bilinear fetch from a periodic square grid, u and v in cells."""
    n = grid.shape[0]
    fu = math.floor(u)
    fv = math.floor(v)
    x = int(fu) & (n - 1)
    y = int(fv) & (n - 1)
    x1 = (x + 1) & (n - 1)
    y1 = (y + 1) & (n - 1)
    a = u - fu
    b = v - fv
    return ((grid[y, x] * (1 - a) + grid[y, x1] * a) * (1 - b)
            + (grid[y1, x] * (1 - a) + grid[y1, x1] * a) * b)


@njit(fastmath=True, cache=True)
def height_at(terrain, cell, x, z):
    n = terrain.shape[0]
    u = min(max(x / cell + n * 0.5, 0.0), n - 1.001)
    v = min(max(z / cell, 0.0), n - 1.001)
    i = int(u)
    j = int(v)
    a = u - i
    b = v - j
    return ((terrain[j, i] * (1 - a) + terrain[j, i + 1] * a) * (1 - b)
            + (terrain[j + 1, i] * (1 - a) + terrain[j + 1, i + 1] * a) * b)


@njit(fastmath=True, cache=True)
def hit_canonical(kind, ox, oy, oz, dx, dy, dz):
    """Smallest ray parameter > 1e-4 at which the canonical solid is met, or FAR."""
    eps = 1e-4
    if kind == BOX or kind == ROOM:
        ix = 1.0 / (dx if abs(dx) > 1e-12 else 1e-12)
        iy = 1.0 / (dy if abs(dy) > 1e-12 else 1e-12)
        iz = 1.0 / (dz if abs(dz) > 1e-12 else 1e-12)
        ax = (-1 - ox) * ix
        bx = (1 - ox) * ix
        ay = (-1 - oy) * iy
        by = (1 - oy) * iy
        az = (-1 - oz) * iz
        bz = (1 - oz) * iz
        near = max(min(ax, bx), min(ay, by), min(az, bz))
        far = min(max(ax, bx), max(ay, by), max(az, bz))
        if near > far or far < eps:
            return FAR
        if kind == ROOM or near < eps:
            return far
        return near
    if kind == PLANE:
        if abs(dy) < 1e-9:
            return FAR
        t = -oy / dy
        return t if t > eps else FAR
    if kind == SPHERE:
        a = dx * dx + dy * dy + dz * dz
        b = ox * dx + oy * dy + oz * dz
        c = ox * ox + oy * oy + oz * oz - 1
        q = b * b - a * c
        if q < 0:
            return FAR
        q = math.sqrt(q)
        t = (-b - q) / a
        if t > eps:
            return t
        t = (-b + q) / a
        return t if t > eps else FAR
    best = FAR
    if kind == CYLINDER:
        a = dx * dx + dz * dz
        b = ox * dx + oz * dz
        c = ox * ox + oz * oz - 1
    else:
        k = 0.5 * (1 - oy)
        m = -0.5 * dy
        a = dx * dx + dz * dz - m * m
        b = ox * dx + oz * dz - k * m
        c = ox * ox + oz * oz - k * k
    q = b * b - a * c
    if q >= 0 and abs(a) > 1e-12:
        q = math.sqrt(q)
        for s in range(2):
            t = (-b - q) / a if s == 0 else (-b + q) / a
            y = oy + t * dy
            if t > eps and t < best and -1 <= y <= 1:
                best = t
    if abs(dy) > 1e-9:
        for s in range(2):
            if kind == CONE and s == 1:
                break
            t = ((-1 if s == 0 else 1) - oy) / dy
            if eps < t < best:
                x = ox + t * dx
                z = oz + t * dz
                if x * x + z * z <= 1:
                    best = t
    return best


@njit(fastmath=True, cache=True)
def nearest(ox, oy, oz, dx, dy, dz, limit, kinds, centers, radii, frames, order, count, shadow):
    """Nearest primitive along a ray among order[:count]; any hit is enough when shadow is set."""
    dd = dx * dx + dy * dy + dz * dz
    inv = 1.0 / dd
    length = math.sqrt(dd)
    best = limit
    found = SKY_ID
    for j in range(count):
        i = order[j]
        kind = kinds[i]
        if shadow and kind >= ROOM:
            continue
        cx = centers[i, 0] - ox
        cy = centers[i, 1] - oy
        cz = centers[i, 2] - oz
        r = radii[i]
        if r < 1e8:
            b = (cx * dx + cy * dy + cz * dz) * inv
            if cx * cx + cy * cy + cz * cz - b * b * dd > r * r:
                continue
            reach = r / length
            if b - reach > best or b + reach < 0:
                continue
        f = frames[i]
        t = hit_canonical(kind,
                          -(f[0, 0] * cx + f[0, 1] * cy + f[0, 2] * cz),
                          -(f[1, 0] * cx + f[1, 1] * cy + f[1, 2] * cz),
                          -(f[2, 0] * cx + f[2, 1] * cy + f[2, 2] * cz),
                          f[0, 0] * dx + f[0, 1] * dy + f[0, 2] * dz,
                          f[1, 0] * dx + f[1, 1] * dy + f[1, 2] * dz,
                          f[2, 0] * dx + f[2, 1] * dy + f[2, 2] * dz)
        if t < best:
            best = t
            found = i
            if shadow:
                return best, found
    return best, found


@njit(fastmath=True, cache=True)
def march_terrain(terrain, cell, ox, oy, oz, dx, dy, dz, limit, steps):
    """First crossing of the height field before limit, or FAR."""
    t = 0.02
    before = 0.0
    for _ in range(steps):
        y = oy + t * dy
        gap = y - height_at(terrain, cell, ox + t * dx, oz + t * dz)
        if gap < 0:
            lo = before
            hi = t
            for _ in range(8):
                mid = 0.5 * (lo + hi)
                if oy + mid * dy < height_at(terrain, cell, ox + mid * dx, oz + mid * dz):
                    hi = mid
                else:
                    lo = mid
            return hi
        before = t
        t += max(0.5 * gap, 0.009 * t + 0.01)
        if t > limit:
            break
    return FAR


@njit(fastmath=True, cache=True)
def pattern(mat, u, v, footprint, noise, atlas, axis_front):
    """Albedo of a material at texture coordinates (u, v) in metres; detail under a pixel fades."""
    kind = int(mat[6])
    su = u * mat[7] + mat[16]
    sv = v * mat[8] + mat[17]
    keep = min(max(1.6 - 2.0 * footprint * max(mat[7], mat[8]), 0.0), 1.0)
    m = 0.0
    fade = 0.5
    iu = int(math.floor(su))
    iv = int(math.floor(sv))
    fu = su - iu
    fv = sv - iv
    tone = 1.0
    if kind == CHECKER:
        m = float((iu + iv) & 1)
    elif kind == STRIPES:
        m = 1.0 if fu < 0.5 else 0.0
    elif kind == BRICKS:
        shifted = su + 0.5 * (iv & 1)
        iu = int(math.floor(shifted))
        fu = shifted - iu
        fade = 0.2
        if fu < 0.05 or fv < 0.1:
            m = 1.0
        else:
            tone = 0.8 + 0.4 * hash01(iu, iv, 7)
    elif kind == NOISE:
        m = min(max(fetch(noise[int(mat[11])], su * 16, sv * 16) * 1.6 - 0.3, 0.0), 1.0)
    elif kind == TILES:
        fade = 0.1
        if fu < 0.04 or fv < 0.04:
            m = 1.0
        else:
            tone = 0.9 + 0.2 * hash01(iu, iv, 3)
    elif kind == WOOD:
        m = 0.5 + 0.5 * math.sin(sv * 9 + 5 * fetch(noise[0], su * 2, sv * 9))
        plank = hash01(iv, 11, int(math.floor(su * 0.3 + 0.37 * iv)))
        tone = 0.8 + 0.35 * plank
        if fv < 0.04:
            tone *= 0.5
    elif kind == FACADE:
        fade = 0.4
        if 0.2 < fu < 0.8 and 0.2 < fv < 0.85:
            m = 1.0
            lit = hash01(iu, iv, 5)
            tone = 0.6 + 0.8 * lit
            if abs(fu - 0.5) < 0.03:
                m = 0.0
    elif kind == DOTS:
        r = (fu - 0.5) ** 2 + (fv - 0.5) ** 2
        m = 1.0 if r < 0.09 else 0.0
        fade = 0.28
    elif kind == TEXT:
        fade = 0.25
        if 0.3 < fv < 0.75 and hash01(int(math.floor(su * 6)), iv, 9) > 0.35:
            m = 1.0
    elif kind == ROAD:
        fade = 0.0
        side = abs(u)
        if (side < 0.08 and fv < 0.5) or abs(side - 3.2) < 0.07:
            m = 1.0
    elif kind == PLAID:
        m = 0.5 * (1.0 if fu < 0.4 else 0.0) + 0.5 * (1.0 if fv < 0.4 else 0.0)
    elif kind == GRADIENT:
        m = min(max(v * 0.5 + 0.5, 0.0), 1.0)
        fade = m
    m = fade + (m - fade) * keep
    tone = 1.0 + (tone - 1.0) * keep
    r = (mat[0] + (mat[3] - mat[0]) * m) * tone
    g = (mat[1] + (mat[4] - mat[1]) * m) * tone
    b = (mat[2] + (mat[5] - mat[2]) * m) * tone
    if kind == POSTER and axis_front:
        picture = atlas[int(mat[15])]
        px = min(max((u * 0.5 + 0.5) * picture.shape[1], 0.0), picture.shape[1] - 1.0)
        py = min(max((0.5 - v * 0.5) * picture.shape[0], 0.0), picture.shape[0] - 1.0)
        r = picture[int(py), int(px), 0]
        g = picture[int(py), int(px), 1]
        b = picture[int(py), int(px), 2]
    if mat[9] > 0:
        fade = min(max(1.6 - 2.0 * footprint * mat[10] * 16, 0.0), 1.0)
        n = (fetch(noise[int(mat[11])], u * mat[10] * 16, v * mat[10] * 16) - 0.5) * fade
        n += (fetch(noise[0], u * mat[10] * 2.3, v * mat[10] * 2.3) - 0.5)
        n = max(1.0 + mat[9] * n, 0.05)
        r *= n
        g *= n
        b *= n
    return r, g, b
