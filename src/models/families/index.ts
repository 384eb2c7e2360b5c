import type { Family } from '../family.js';
import { depthAnything } from './depth_anything.js';
import { midasSmall } from './midas_small.js';

/** Every family that can be run, in the order in which models are listed and recommended. */
export const families: readonly Family[] = [depthAnything, midasSmall];
