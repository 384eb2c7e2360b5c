import { antialiasColumns, antialiasRows } from '../kernels/antialias.js';
import type { Preprocess } from './preprocess.js';

/** The convention `hub`, in two dispatches. */
export const preprocessHub: Preprocess = (graph, picture, { size, mean, std }) =>
  graph.scope('preprocess', () => {
    const rows = graph.apply(antialiasRows, { picture }, { width: size[1] }).y;
    return graph.apply(antialiasColumns, { x: rows }, { size, mean, std }).y;
  });
