/**
 * What stands in for published weights, which no test downloads: nano's, under another name. An example that names a
 * model of the left column loads what is in the right one; everything else of it is as it is written.
 */
export const SERVED: Readonly<Record<string, 'nano'>> = { 'depth-anything-v2-small': 'nano' };

/** Side the network sees where an example names none: every adapter of the suite is a CPU. */
export const INPUT_SIZE = 64;
