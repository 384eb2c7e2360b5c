import type { KnownFamily } from '../family.js';

/** Families that messages name and that cannot be run, tried before those that can; every known one can be. */
export const recognised: readonly KnownFamily[] = [];
