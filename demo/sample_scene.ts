type Vector = readonly [number, number, number];

interface Sphere {
  readonly centre: Vector;
  readonly radius: number;
  readonly colour: Vector;
}

const SPHERES: readonly Sphere[] = [
  { centre: [-1.15, 0.75, 4.2], radius: 0.75, colour: [214, 96, 58] },
  { centre: [0.75, 0.45, 3.1], radius: 0.45, colour: [240, 190, 92] },
  { centre: [2.1, 1.1, 6.8], radius: 1.1, colour: [74, 124, 158] },
  { centre: [-3.6, 1.3, 9.5], radius: 1.3, colour: [120, 148, 96] },
  { centre: [0.3, 0.9, 13], radius: 0.9, colour: [176, 110, 150] },
];
const EYE: Vector = [0, 1.35, 0];
const LIGHT = normalize([-0.55, 0.8, -0.35]);
const SKY_TOP: Vector = [96, 142, 196];
const SKY_LOW: Vector = [236, 226, 212];
const TILES: readonly [Vector, Vector] = [[222, 212, 196], [148, 128, 112]];

/** A picture to begin with: spheres on a tiled floor that runs to the horizon, ray traced. */
export function sampleScene(width: number, height: number): ImageData {
  const picture = new ImageData(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const ray = normalize([(x + 0.5 - width / 2) / height, (height * 0.42 - y - 0.5) / height, 0.85]);
      picture.data.set([...shade(ray), 255], 4 * (y * width + x));
    }
  }
  return picture;
}

/** Colour seen from the eye along a unit vector. */
function shade(ray: Vector): Vector {
  const sky = mix(SKY_LOW, SKY_TOP, Math.min(1, Math.max(0, ray[1] * 2.2)));
  const sphere = nearest(EYE, ray);
  const floor = ray[1] < 0 ? -EYE[1] / ray[1] : Infinity;
  const distance = Math.min(sphere?.distance ?? Infinity, floor);
  if (distance === Infinity) return sky;
  const point = along(EYE, ray, distance);
  const normal: Vector = sphere && sphere.distance < floor ? normalize(minus(point, sphere.sphere.centre)) : [0, 1, 0];
  const colour = sphere && sphere.distance < floor ? sphere.sphere.colour : tile(point);
  const shadowed = nearest(along(point, normal, 1e-3), LIGHT) !== undefined;
  const brightness = 0.38 + 0.1 * normal[1] + (shadowed ? 0 : 0.58 * Math.max(0, dot(normal, LIGHT)));
  const haze = 1 - Math.exp(-distance / 28);
  return mix([colour[0] * brightness, colour[1] * brightness, colour[2] * brightness], SKY_LOW, haze);
}

function nearest(origin: Vector, ray: Vector): { sphere: Sphere; distance: number } | undefined {
  let found: { sphere: Sphere; distance: number } | undefined;
  for (const sphere of SPHERES) {
    const to = minus(sphere.centre, origin);
    const half = dot(to, ray);
    const root = half * half - dot(to, to) + sphere.radius ** 2;
    const distance = root < 0 ? -1 : half - Math.sqrt(root);
    if (distance > 0 && distance < (found?.distance ?? Infinity)) found = { sphere, distance };
  }
  return found;
}

/** Tiles fade into their mean where they get smaller than pixels. */
function tile([x, , z]: Vector): Vector {
  const [light, dark] = TILES;
  const odd = (Math.floor(x) + Math.floor(z)) % 2 !== 0;
  return mix(odd ? dark : light, mix(light, dark, 0.5), Math.min(1, z / 30));
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function minus(a: Vector, b: Vector): Vector {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

function along(origin: Vector, ray: Vector, distance: number): Vector {
  return [origin[0] + ray[0] * distance, origin[1] + ray[1] * distance, origin[2] + ray[2] * distance];
}

function normalize(a: Vector): Vector {
  const length = Math.sqrt(dot(a, a));
  return [a[0] / length, a[1] / length, a[2] / length];
}

function mix(a: Vector, b: Vector, t: number): Vector {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
}
