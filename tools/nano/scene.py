"""Scene container, camera, and the picture a camera takes of it (optics, sensor, JPEG)."""
import io

import numpy as np
from PIL import Image

import raycast as rc
from shading import render_pixels
from textures import noise_bank, picture_atlas

_BANKS = {}


def banks():
    if not _BANKS:
        _BANKS['noise'] = noise_bank()
        _BANKS['atlas'] = picture_atlas()
    return _BANKS['noise'], _BANKS['atlas']


def rotation(yaw=0.0, pitch=0.0, roll=0.0):
    """World from local: yaw about y, then pitch about x (positive looks down), roll about z."""
    cy, sy = np.cos(yaw), np.sin(yaw)
    cp, sp = np.cos(pitch), np.sin(pitch)
    cr, sr = np.cos(roll), np.sin(roll)
    y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return y @ x @ z


def material(a, b=None, kind=rc.SOLID, scale=1.0, scale_v=None, grain=0.0, grain_scale=1.0, tile=0,
             spec=0.0, shine=20.0, glow=0.0, picture=0, phase=(0.0, 0.0)):
    b = a if b is None else b
    return np.array([*a, *b, kind, scale, scale if scale_v is None else scale_v, grain,
                     grain_scale, tile, spec, shine, glow, picture, *phase])


class Scene:
    """Primitives, light, sky and camera of one picture; lengths are metres."""

    def __init__(self, rng):
        self.rng = rng
        self.kinds, self.centers, self.frames, self.radii = [], [], [], []
        self.sizes, self.mats = [], []
        self.room = None
        self.terrain, self.cell = np.zeros((2, 2)), 0.0
        self.ground = np.zeros((3, 18))
        self.light = np.array([0, 0.4, 0.8, -0.3, 1, 1, 1, 0.5, 0.5, 0.5, 0.1, 4.0])
        self.sky = np.array([0.3, 0.5, 0.9, 0.8, 0.85, 0.9, 1, 1, 1, 0.4, 10, 0.4, 0.8, -0.3, 0.5])
        self.fog = 0.0
        self.ao_reach = 0.6
        self.camera = (0.0, 1.6, 0.0)
        self.basis = np.eye(3)
        self.fov = 1.0
        self.focus = 0.0
        self.aperture = 0.0

    def add(self, kind, center, half, mat, rot=None):
        """Adds a canonical solid scaled by the half extents, rotated and moved."""
        half = np.maximum(np.asarray(half, float), 1e-4)
        frame = (np.eye(3) if rot is None else rot.T) / half[:, None]
        if kind == rc.ROOM:
            self.room = (kind, center, frame, 1e9, half, mat)
            return
        reach = {rc.BOX: np.sqrt((half ** 2).sum()), rc.SPHERE: half.max(), rc.PLANE: 1e9}
        radius = reach.get(kind, np.hypot(max(half[0], half[2]), half[1]))
        for store, value in ((self.kinds, kind), (self.centers, center), (self.frames, frame),
                             (self.radii, radius), (self.sizes, half), (self.mats, mat)):
            store.append(value)

    def rod(self, p, q, radius, mat):
        """A thin cylinder between two points."""
        p, q = np.asarray(p, float), np.asarray(q, float)
        axis = q - p
        length = np.linalg.norm(axis)
        axis = axis / length
        side = np.cross(axis, [0, 0, 1.0] if abs(axis[2]) < 0.9 else [1.0, 0, 0])
        side /= np.linalg.norm(side)
        rot = np.stack([side, axis, np.cross(side, axis)], 1)
        self.add(rc.CYLINDER, (p + q) / 2, (radius, length / 2, radius), mat, rot)

    def look(self, position, yaw=0.0, pitch=0.0, roll=0.0, fov=1.0):
        self.camera = tuple(position)
        self.basis = rotation(yaw, pitch, roll)
        self.fov = fov

    def render(self, width, height, seed):
        """Linear rgb [H, W, 3], camera z depth [H, W] (inf for sky) and ids [H, W]."""
        noise, atlas = banks()
        items = list(zip(self.kinds, self.centers, self.frames, self.radii, self.sizes))
        mats = list(self.mats)
        if self.room:
            items.append(self.room[:5])
            mats.extend(self.room[5])
        n = len(items)
        tan_x = np.tan(self.fov / 2)
        g = (np.array(self.camera, float), self.basis, tan_x, tan_x * height / width, float(width),
             float(height), np.array([i[0] for i in items], np.int64).reshape(n),
             np.array([i[1] for i in items], float).reshape(n, 3),
             np.array([i[3] for i in items], float).reshape(n),
             np.array([i[2] for i in items], float).reshape(n, 3, 3),
             np.array([i[4] for i in items], float).reshape(n, 3),
             np.array(mats, float).reshape(-1, 18),
             np.ascontiguousarray(self.terrain, float), float(self.cell), self.ground,
             np.asarray(self.light, float), np.asarray(self.sky, float), float(self.fog), noise,
             atlas, float(self.ao_reach))
        image = np.zeros((height, width, 3))
        depth = np.zeros((height, width))
        ids = np.zeros((height, width), np.int64)
        render_pixels(g, width, height, seed, image, depth, ids)
        depth[ids == rc.SKY_ID] = np.inf
        return image, depth, ids


def _blur(image, sigma):
    radius = max(int(sigma * 2.5), 1)
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / max(sigma, 1e-3)) ** 2)
    kernel /= kernel.sum()
    for axis in (0, 1):
        pad = [(0, 0)] * 3
        pad[axis] = (radius, radius)
        wide = np.pad(image, pad, mode='edge')
        n = image.shape[axis]
        image = sum(k * np.take(wide, range(i, i + n), axis) for i, k in enumerate(kernel))
    return image


def depth_of_field(image, disparity, focus, strength):
    """Mixes three blur levels by the circle of confusion, |1/z - 1/focus| * strength pixels."""
    circle = np.abs(disparity - focus) * strength
    circle = _blur(circle[..., None], 1.0)[..., 0]
    levels = [0.0, 1.0, 2.2, 4.5]
    stack = [image] + [_blur(image, s) for s in levels[1:]]
    out = stack[0]
    for i in range(1, 4):
        k = np.clip((circle - levels[i - 1]) / (levels[i] - levels[i - 1]), 0, 1)[..., None]
        out = out * (1 - k) + stack[i] * k
    return out


def exposure(image):
    """Level of a linear picture that the camera brings to middle grey."""
    return np.percentile(image.mean(-1), 70) + 1e-3


def photograph(scene, image, depth, rng, plain=False, level=None):
    """uint8 picture: exposure (to `level`, or its own), white balance, optics, tone curve, noise, JPEG artefacts."""
    disparity = np.where(np.isfinite(depth), 1 / np.maximum(depth, 1e-3), 0)
    if scene.aperture > 0 and not plain:
        top = disparity.max()
        image = depth_of_field(image, disparity / top, scene.focus / top, scene.aperture)
    level = exposure(image) if level is None else level
    image = image * (0.5 / level) * (1.0 if plain else np.exp(rng.normal(0, 0.25)))
    if not plain:
        image = image * np.exp(rng.normal(0, 0.07, 3))
        if rng.random() < 0.4:
            y, x = np.mgrid[-1:1:image.shape[0] * 1j, -1:1:image.shape[1] * 1j]
            image = image * (1 - rng.uniform(0, 0.35) * (x * x + y * y) / 2)[..., None]
    # Filmic shoulder keeps highlights, then the display curve.
    image = image * (1 + image * 0.25) / (1 + image)
    image = np.clip(image * 1.45, 0, 1) ** (1 / (2.2 if plain else rng.uniform(1.6, 2.4)))
    if plain:
        return (image * 255 + 0.5).astype(np.uint8)
    if rng.random() < 0.3:
        image = _blur(image, rng.uniform(0.4, 1.1))
    if rng.random() < 0.12:
        image = np.repeat(image.mean(-1, keepdims=True), 3, -1)
    sigma = rng.uniform(0, 0.03) if rng.random() < 0.6 else 0.004
    image = image + sigma * rng.standard_normal(image.shape)
    out = (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)
    if rng.random() < 0.6:
        store = io.BytesIO()
        Image.fromarray(out).save(store, 'JPEG', quality=int(rng.integers(35, 96)))
        out = np.asarray(Image.open(store))
    return out
