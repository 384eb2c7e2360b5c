"""Per-pixel shading: geometry buffers, light, shadows, fog, sky, edge antialiasing."""
import math

import numpy as np
from numba import njit

from raycast import (BOX, CONE, CYLINDER, FAR, GRADIENT, PLANE, POSTER, ROOM, SKY_ID, SPHERE,
                     TERRAIN_ID, fetch, hash01, height_at, march_terrain, nearest, pattern)


@njit(fastmath=True, cache=True)
def sky_colour(dx, dy, dz, sky, noise):
    """sky: zenith rgb, horizon rgb, cloud rgb, cloud cover, cloud scale, sun dir, sun glow."""
    n = 1.0 / math.sqrt(dx * dx + dy * dy + dz * dz)
    up = max(dy * n, 0.0)
    k = up ** 0.55
    r = sky[3] + (sky[0] - sky[3]) * k
    g = sky[4] + (sky[1] - sky[4]) * k
    b = sky[5] + (sky[2] - sky[5]) * k
    if sky[9] > 0 and up > 0.01:
        s = sky[10] / (up + 0.08)
        c = fetch(noise[0], dx * n * s + 31, dz * n * s + 17)
        c = min(max((c - (1 - sky[9])) * 3.0, 0.0), 1.0) * min(up * 8, 1.0)
        r += (sky[6] - r) * c
        g += (sky[7] - g) * c
        b += (sky[8] - b) * c
    sun = max((dx * sky[11] + dy * sky[12] + dz * sky[13]) * n, 0.0)
    glow = sky[14] * (sun ** 12 * 0.3 + sun ** 300)
    return r + glow, g + glow * 0.9, b + glow * 0.7


@njit(fastmath=True, cache=True)
def surface(i, px, py, pz, kinds, centers, frames, sizes):
    """World normal and texture coordinates of the point on primitive i."""
    f = frames[i]
    x = px - centers[i, 0]
    y = py - centers[i, 1]
    z = pz - centers[i, 2]
    lx = f[0, 0] * x + f[0, 1] * y + f[0, 2] * z
    ly = f[1, 0] * x + f[1, 1] * y + f[1, 2] * z
    lz = f[2, 0] * x + f[2, 1] * y + f[2, 2] * z
    kind = kinds[i]
    nx = 0.0
    ny = 0.0
    nz = 0.0
    front = 0
    if kind == BOX or kind == ROOM:
        ax = abs(lx)
        ay = abs(ly)
        az = abs(lz)
        if ax >= ay and ax >= az:
            nx = 1.0 if lx > 0 else -1.0
            u = lz * sizes[i, 2]
            v = ly * sizes[i, 1]
        elif ay >= az:
            ny = 1.0 if ly > 0 else -1.0
            u = lx * sizes[i, 0]
            v = lz * sizes[i, 2]
            front = 2
        else:
            nz = 1.0 if lz > 0 else -1.0
            u = lx * sizes[i, 0]
            v = ly * sizes[i, 1]
            front = 1
        if kind == ROOM:
            nx = -nx
            ny = -ny
            nz = -nz
    elif kind == PLANE:
        ny = 1.0
        u = lx
        v = lz
        front = 2
    elif kind == SPHERE:
        nx = lx
        ny = ly
        nz = lz
        u = math.atan2(lx, lz) * sizes[i, 0]
        v = ly * sizes[i, 1]
    elif abs(ly) > 0.999 and (kind == CYLINDER or ly < 0):
        ny = 1.0 if ly > 0 else -1.0
        u = lx * sizes[i, 0]
        v = lz * sizes[i, 2]
    else:
        nx = lx
        nz = lz
        if kind == CONE:
            ny = 0.25 * (1 - ly)
        u = math.atan2(lx, lz) * sizes[i, 0]
        v = ly * sizes[i, 1]
    wx = f[0, 0] * nx + f[1, 0] * ny + f[2, 0] * nz
    wy = f[0, 1] * nx + f[1, 1] * ny + f[2, 1] * nz
    wz = f[0, 2] * nx + f[1, 2] * ny + f[2, 2] * nz
    n = 1.0 / math.sqrt(wx * wx + wy * wy + wz * wz + 1e-20)
    return wx * n, wy * n, wz * n, u, v, lx, ly, front


@njit(fastmath=True, cache=True)
def visible(px, py, pz, lx, ly, lz, limit, kinds, centers, radii, frames, order, terrain, cell):
    count = kinds.shape[0]
    _, hit = nearest(px, py, pz, lx, ly, lz, limit, kinds, centers, radii, frames, order, count,
                     True)
    if hit != SKY_ID:
        return 0.0
    if cell > 0 and march_terrain(terrain, cell, px, py, pz, lx, ly, lz, min(limit, 60.0),
                                  16) < FAR:
        return 0.0
    return 1.0


@njit(fastmath=True, cache=True)
def trace(x, y, k1, k2, order, count, every, g):
    """One sample at image position (x, y): radiance parts, shadow terms, depth and id."""
    (cam, basis, tan_x, tan_y, width, height, kinds, centers, radii, frames, sizes, mats, terrain,
     cell, ground, light, sky, fog, noise, atlas, ao_reach) = g
    sx = (2 * x / width - 1) * tan_x
    sy = (1 - 2 * y / height) * tan_y
    dx = basis[0, 0] * sx + basis[0, 1] * sy + basis[0, 2]
    dy = basis[1, 0] * sx + basis[1, 1] * sy + basis[1, 2]
    dz = basis[2, 0] * sx + basis[2, 1] * sy + basis[2, 2]
    t, i = nearest(cam[0], cam[1], cam[2], dx, dy, dz, FAR, kinds, centers, radii, frames, order,
                   count, False)
    if cell > 0:
        tt = march_terrain(terrain, cell, cam[0], cam[1], cam[2], dx, dy, dz, min(t, 900.0), 160)
        if tt < t:
            t = tt
            i = TERRAIN_ID
    if i == SKY_ID or t > 3000.0:
        r, gg, b = sky_colour(dx, dy, dz, sky, noise)
        return r, gg, b, 0.0, 0.0, 0.0, 1.0, 1.0, FAR, float(SKY_ID), 0.0
    px = cam[0] + t * dx
    py = cam[1] + t * dy
    pz = cam[2] + t * dz
    inv = 1.0 / math.sqrt(dx * dx + dy * dy + dz * dz)
    pixel = t * 2 * tan_x / width
    if i == TERRAIN_ID:
        e = cell * 0.5
        nx = height_at(terrain, cell, px - e, pz) - height_at(terrain, cell, px + e, pz)
        nz = height_at(terrain, cell, px, pz - e) - height_at(terrain, cell, px, pz + e)
        n = 1.0 / math.sqrt(nx * nx + 4 * e * e + nz * nz)
        nx *= n
        ny = 2 * e * n
        nz *= n
        mat = ground[1] if ny < ground[2, 0] + 0.1 * (fetch(noise[0], px, pz) - 0.5) else ground[0]
        facing = max(abs(nx * dx + ny * dy + nz * dz) * inv, 0.12)
        r, gg, b = pattern(mat, px, pz, pixel / facing, noise, atlas, False)
    else:
        nx, ny, nz, u, v, lx, ly, front = surface(i, px, py, pz, kinds, centers, frames, sizes)
        mat = mats[i]
        facing = nx * dx + ny * dy + nz * dz
        if facing > 0:
            nx = -nx
            ny = -ny
            nz = -nz
        facing = max(abs(facing) * inv, 0.12)
        if kinds[i] == ROOM:
            mat = mats[i + 1] if front == 2 and ny > 0 else (mats[i + 2] if front == 2 else mat)
        if int(mat[6]) == POSTER or int(mat[6]) == GRADIENT:
            if kinds[i] == BOX:
                r, gg, b = pattern(mat, lx, ly, pixel / facing, noise, atlas, front == 1)
            else:
                r, gg, b = pattern(mat, u / sizes[i, 0] / 3.2, ly, pixel / facing, noise, atlas,
                                   True)
        else:
            r, gg, b = pattern(mat, u, v, pixel / facing, noise, atlas, False)
    # light: kind (0 sun, 1 lamp), position or direction, rgb, ambient rgb, softness
    lx = light[1]
    ly = light[2]
    lz = light[3]
    limit = FAR
    fall = 1.0
    if light[0] != 0:
        lx -= px
        ly -= py
        lz -= pz
        limit = 1.0
        fall = light[11] / (lx * lx + ly * ly + lz * lz + 0.3 * light[11])
    norm = 1.0 / math.sqrt(lx * lx + ly * ly + lz * lz + 1e-12)
    cosine = (nx * lx + ny * ly + nz * lz) * norm
    e = 1e-3 * (1 + t)
    qx = px + nx * e
    qy = py + ny * e
    qz = pz + nz * e
    shade = 1.0
    if cosine <= 0:
        cosine = 0.0
    else:
        # Only the shadow ray is jittered: a jittered cosine would leave a screen-door pattern.
        shade = visible(qx, qy, qz, lx + light[10] * (k1 - 0.5), ly,
                        lz + light[10] * (k2 - 0.5), limit, kinds, centers, radii, frames, every,
                        terrain, cell)
    open_sky = 1.0
    if 40 * ao_reach > t:
        a = 6.2831853 * k1
        h = 2 * k2 - 1
        w = math.sqrt(1 - h * h)
        ax = nx + w * math.cos(a) * 0.98
        ay = ny + h * 0.98
        az = nz + w * math.sin(a) * 0.98
        open_sky = visible(qx, qy, qz, ax * ao_reach, ay * ao_reach, az * ao_reach, 1.0, kinds,
                           centers, radii, frames, every, terrain, 0.0)
    shine = 0.0
    if mat[12] > 0 and cosine > 0:
        hx = lx * norm - dx * inv
        hy = ly * norm - dy * inv
        hz = lz * norm - dz * inv
        hn = (nx * hx + ny * hy + nz * hz) / math.sqrt(hx * hx + hy * hy + hz * hz + 1e-12)
        shine = mat[12] * max(hn, 0.0) ** mat[13]
    haze = 1 - math.exp(-t * fog)
    return (r, gg, b, cosine * fall, shine * fall, mat[14] + 0.35 * (ny + 1) * 0.5, shade, open_sky,
            t, float(i), haze)


@njit(fastmath=True, cache=True)
def compose(s, light, sky):
    """Final radiance of one sample."""
    if s[9] == SKY_ID:
        return s[0], s[1], s[2]
    amb = (0.65 + s[5]) * (0.35 + 0.65 * s[7])
    sun = s[3] * s[6]
    r = s[0] * (light[7] * amb + light[4] * sun) + light[4] * s[4] * s[6]
    g = s[1] * (light[8] * amb + light[5] * sun) + light[5] * s[4] * s[6]
    b = s[2] * (light[9] * amb + light[6] * sun) + light[6] * s[4] * s[6]
    h = s[10]
    return r + (sky[3] - r) * h, g + (sky[4] - g) * h, b + (sky[5] - b) * h


@njit(fastmath=True, cache=True)
def tile_order(x0, y0, x1, y1, g, order):
    """Primitives whose bounding sphere meets the cone of rays through an image tile."""
    cam, basis, tan_x, tan_y, width, height, kinds, centers, radii = g[:9]
    ax = 0.0
    ay = 0.0
    az = 0.0
    dirs = np.empty((4, 3))
    for c in range(4):
        x = x0 if c & 1 == 0 else x1
        y = y0 if c & 2 == 0 else y1
        sx = (2 * x / width - 1) * tan_x
        sy = (1 - 2 * y / height) * tan_y
        for k in range(3):
            dirs[c, k] = basis[k, 0] * sx + basis[k, 1] * sy + basis[k, 2]
        n = math.sqrt(dirs[c, 0] ** 2 + dirs[c, 1] ** 2 + dirs[c, 2] ** 2)
        dirs[c] /= n
        ax += dirs[c, 0]
        ay += dirs[c, 1]
        az += dirs[c, 2]
    n = math.sqrt(ax * ax + ay * ay + az * az)
    ax /= n
    ay /= n
    az /= n
    cos = 1.0
    for c in range(4):
        cos = min(cos, ax * dirs[c, 0] + ay * dirs[c, 1] + az * dirs[c, 2])
    half = math.acos(min(cos, 1.0))
    count = 0
    for i in range(kinds.shape[0]):
        r = radii[i]
        if r < 1e8:
            cx = centers[i, 0] - cam[0]
            cy = centers[i, 1] - cam[1]
            cz = centers[i, 2] - cam[2]
            dist = math.sqrt(cx * cx + cy * cy + cz * cz)
            if dist > r:
                angle = math.acos(min(max((cx * ax + cy * ay + cz * az) / dist, -1.0), 1.0))
                if angle > half + math.asin(r / dist) + 1e-3:
                    continue
        order[count] = i
        count += 1
    return count


@njit(fastmath=True, cache=True)
def render_pixels(g, width, height, seed, image, depth, ids):
    """Fills image (linear rgb), depth (camera z, FAR for sky) and ids."""
    kinds = g[6]
    light = g[15]
    sky = g[16]
    n = kinds.shape[0]
    every = np.arange(n)
    order = np.empty(n, np.int64)
    buf = np.empty((height, width, 11))
    tile = 16
    for ty in range(0, height, tile):
        for tx in range(0, width, tile):
            y1 = min(ty + tile, height)
            x1 = min(tx + tile, width)
            count = tile_order(tx, ty, x1, y1, g, order)
            for y in range(ty, y1):
                for x in range(tx, x1):
                    # A 4x4 stratified pattern: the filter below averages one whole period.
                    k = (x & 3) + 4 * (y & 3)
                    k1 = ((x & 3) + hash01(x, y, seed)) * 0.25
                    k2 = ((y & 3) + hash01(x, y, seed + k + 1)) * 0.25
                    s = trace(x + 0.5, y + 0.5, k1, k2, order, count, every, g)
                    for c in range(11):
                        buf[y, x, c] = s[c]
                    depth[y, x] = s[8]
                    ids[y, x] = int(s[9])
    for y in range(height):
        for x in range(width):
            i = ids[y, x]
            if i == SKY_ID:
                image[y, x, 0] = buf[y, x, 0]
                image[y, x, 1] = buf[y, x, 1]
                image[y, x, 2] = buf[y, x, 2]
                continue
            shade = 0.0
            ao = 0.0
            total = 0.0
            for j in range(max(y - 2, 0), min(y + 2, height)):
                for k in range(max(x - 2, 0), min(x + 2, width)):
                    if ids[j, k] == i:
                        shade += buf[j, k, 6]
                        ao += buf[j, k, 7]
                        total += 1.0
            b = buf[y, x]
            rgb = compose((b[0], b[1], b[2], b[3], b[4], b[5], shade / total, ao / total, b[8],
                           float(i), b[10]), light, sky)
            image[y, x, 0] = rgb[0]
            image[y, x, 1] = rgb[1]
            image[y, x, 2] = rgb[2]
    first = image.copy()
    for ty in range(0, height, tile):
        for tx in range(0, width, tile):
            y1 = min(ty + tile, height)
            x1 = min(tx + tile, width)
            count = -1
            for y in range(ty, y1):
                for x in range(tx, x1):
                    i = ids[y, x]
                    same = True
                    for j in range(max(y - 1, 0), min(y + 2, height)):
                        for k in range(max(x - 1, 0), min(x + 2, width)):
                            if ids[j, k] != i:
                                same = False
                    if same:
                        continue
                    if count < 0:
                        count = tile_order(tx, ty, x1, y1, g, order)
                    for q in range(3):
                        ox = 0.15 + 0.7 * hash01(x, y, seed + 50 + q)
                        oy = 0.15 + 0.35 * q
                        s = trace(x + ox, y + oy, hash01(x, y, q), 0.5, order, count, every, g)
                        rgb = compose(s, light, sky)
                        for c in range(3):
                            first[y, x, c] += rgb[c]
                    for c in range(3):
                        first[y, x, c] *= 0.25
    image[:] = first
