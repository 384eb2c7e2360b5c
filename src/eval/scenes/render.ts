import { hashed } from './random.js';
import type { Hit, Shape } from './shapes.js';
import { add, dot, minus, mix, modulate, times, unit, type Vec } from './vector.js';

/** Something to be seen. */
export interface Thing {
  /** What checks call its pixels. */
  readonly label: string;
  readonly shape: Shape;
  /** Linear colour at a place of it. */
  readonly color: (u: number, v: number) => Vec;
  /** Seen as it is, without light and shadow. */
  readonly unlit?: boolean;
  /** Shows what it mirrors. */
  readonly mirror?: boolean;
  /** Share of the light that passes; its depth is that of what is behind. */
  readonly clear?: number;
}

export interface Camera {
  readonly at: Vec;
  /** In degrees: to the right, down, and clockwise. */
  readonly yaw?: number;
  readonly pitch?: number;
  readonly roll?: number;
  /** Across the width, in degrees. */
  readonly fieldOfView: number;
}

/** What a ray sees that meets nothing. */
export type Sky = (direction: Vec) => { readonly color: Vec; readonly label: string };

export interface Scene {
  readonly things: readonly Thing[];
  readonly camera: Camera;
  /** Towards the sun, its colour, and that of the light from everywhere. */
  readonly light: { readonly sun: Vec; readonly color: Vec; readonly around: Vec };
  readonly sky: Sky;
  /** Colour, and part of the light that a metre takes. */
  readonly fog?: { readonly color: Vec; readonly density: number };
  /** Flat tones with black outlines, or outlines on white; as a camera sees it unless given. */
  readonly style?: 'cartoon' | 'lines';
  /** Of the sensor, as a part of white. */
  readonly noise?: number;
}

/** A picture with its truth. */
export interface Rendering {
  readonly width: number;
  readonly height: number;
  /** RGBA bytes, encoded sRGB. */
  readonly data: Uint8Array;
  /** Along the camera's axis, in metres; infinite in the sky. Of a ray through each pixel's middle. */
  readonly depth: Float64Array;
  readonly labels: readonly string[];
}

/** Rays for the colour of a pixel, along each side. */
const RAYS = 2;
/** Colours that differ less are one. */
const EVEN = 0.05;
const BLACK: Vec = [0, 0, 0];
const BOUNCES = 3;
/** Neighbours whose inverse depths, 1 / m, are further apart have an outline between them; planes have none. */
const OUTLINE = 0.01;

interface Seen {
  readonly color: Vec;
  readonly depth: number;
  readonly label: string;
}

/** Renders a scene; the same picture for the same scene and size. */
export function render(
  scene: Scene,
  { width, height }: { readonly width: number; readonly height: number },
): Rendering {
  const ray = rays(scene.camera, width, height);
  const data = new Uint8Array(4 * width * height).fill(255);
  const seen = Array.from({ length: width * height }, (_, i) =>
    look(scene, scene.camera.at, ray((i % width) + 0.5, Math.floor(i / width) + 0.5), 0),
  );
  seen.forEach((here, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    const others = [
      x + 1 < width ? i + 1 : i,
      y + 1 < height ? i + width : i,
      Math.max(i - 1, 0),
      Math.max(i - width, 0),
    ];
    const around = others.map((j) => seen[j] as Seen);
    const outlined = scene.style !== undefined && around.slice(0, 2).some((other) => isOutline(here, other));
    const color = outlined ? BLACK : colorOf(scene, here, around, (u, v) => ray(x + u, y + v));
    color.forEach((value, c) => {
      const grain = (scene.noise ?? 0.01) * (hashed(3 * i + c) + hashed(3 * i + c + 0x5bd1e995) - 1);
      data[4 * i + c] = Math.round(255 * Math.min(Math.max(encoded(value) + (outlined ? 0 : grain), 0), 1));
    });
  });
  const depth = Float64Array.from(seen, (each) => each.depth);
  return { width, height, data, depth, labels: seen.map(({ label }) => label) };
}

/** The direction through a place of the picture, in pixels; one along the camera's axis. */
function rays({ yaw = 0, pitch = 0, roll = 0, fieldOfView }: Camera, width: number, height: number) {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const side = Math.tan(radians(fieldOfView) / 2);
  const [cy, sy, cp, sp] = [yaw, pitch].flatMap((a) => [Math.cos(radians(a)), Math.sin(radians(a))]) as [
    number,
    number,
    number,
    number,
  ];
  const [cr, sr] = [Math.cos(radians(roll)), Math.sin(radians(roll))];
  return (x: number, y: number): Vec => {
    const [u, v] = [(2 * x - width) / width, (height - 2 * y) / width].map((place) => place * side) as [number, number];
    const [right, rolled] = [cr * u + sr * v, cr * v - sr * u];
    const [up, forward] = [cp * rolled - sp, cp + sp * rolled];
    return [cy * right + sy * forward, up, cy * forward - sy * right];
  };
}

/** One ray is enough where all around is much the same; elsewhere more of them are mixed. */
function colorOf(scene: Scene, here: Seen, around: readonly Seen[], ray: (u: number, v: number) => Vec): Vec {
  if (scene.style === 'lines') return [1, 1, 1];
  const even = ({ color }: Seen) => color.every((value, c) => Math.abs(value - (here.color[c] as number)) < EVEN);
  if (around.every(even)) return here.color;
  let sum: Vec = [0, 0, 0];
  for (let j = 0; j < RAYS; j++)
    for (let i = 0; i < RAYS; i++)
      sum = add(sum, look(scene, scene.camera.at, ray((i + 0.5) / RAYS, (j + 0.5) / RAYS), 0).color);
  return times(sum, 1 / RAYS ** 2);
}

function look(scene: Scene, from: Vec, along: Vec, bounces: number): Seen {
  const { thing, hit } = nearest(scene.things, from, along);
  if (!thing || !hit) {
    const { color, label } = scene.sky(unit(along));
    return { color: scene.fog ? mix(color, scene.fog.color, 0.9) : color, depth: Infinity, label };
  }
  const at = add(from, times(along, hit.distance));
  const base = thing.color(hit.u, hit.v);
  let color = thing.unlit ? base : modulate(base, lightAt(scene, at, hit.normal));
  let depth = hit.distance;
  if (bounces < BOUNCES && thing.mirror) {
    const back = minus(along, times(hit.normal, 2 * dot(along, hit.normal)));
    color = modulate(base, look(scene, at, back, bounces + 1).color);
  } else if (bounces < BOUNCES && thing.clear !== undefined) {
    const beyond = look(scene, at, along, bounces + 1);
    color = mix(color, beyond.color, thing.clear);
    depth += beyond.depth;
  } else if (scene.style === 'cartoon') color = toned(color);
  if (scene.fog && thing.clear === undefined)
    color = mix(scene.fog.color, color, Math.exp(-scene.fog.density * hit.distance * Math.sqrt(dot(along, along))));
  return { color, depth, label: thing.label };
}

function nearest(things: readonly Thing[], from: Vec, along: Vec): { thing?: Thing; hit?: Hit } {
  let found: { thing: Thing; hit: Hit } | undefined;
  for (const thing of things) {
    const hit = thing.shape(from, along);
    if (hit && hit.distance < (found?.hit.distance ?? Infinity)) found = { thing, hit };
  }
  return found ?? {};
}

function lightAt({ things, light: { sun, color, around } }: Scene, at: Vec, normal: Vec): Vec {
  const facing = dot(normal, unit(sun));
  const dim = times(around, 0.75 + 0.25 * normal[1]);
  if (facing <= 0) return dim;
  const shade = things.some(({ shape, clear, unlit }) => clear === undefined && !unlit && shape(at, sun));
  return shade ? dim : add(dim, times(color, facing));
}

/** Three tones of a colour. */
function toned(color: Vec): Vec {
  const most = Math.max(...color, 1e-6);
  const tone = [0.12, 0.4, 0.9].find((level) => most < level * 1.4) ?? 1;
  return times(color, tone / most);
}

function isOutline(a: Seen, b: Seen): boolean {
  return a.label !== b.label || Math.abs(1 / a.depth - 1 / b.depth) > OUTLINE;
}

function encoded(value: number): number {
  return Math.max(value, 0) ** (1 / 2.2);
}
