import type { Graph, Value } from '../graph/graph.js';
import type { Remember } from '../models/family.js';
import type { Engine } from './engine.js';
import { mapsOf, networkInput, type Geometry } from './estimate.js';

/** Of one attention along time. */
export interface TimeAttention {
  /** [P,C], what a frame leaves for others. */
  readonly rows: Value;
  /** [slots,P,C], an input: what others left. */
  readonly past: Value;
  /** [C], an input: a row of `queries`, that of the place of the frame at hand. */
  readonly query: Value;
  /** [places,C], a constant. */
  readonly queries: Value;
}

/** The graph of a frame that sees others. */
export interface ClipFrame {
  /** As `mapsOf`. */
  readonly maps: Readonly<Record<string, Value>>;
  /** An input: which frames are where. */
  readonly frames: Value;
  readonly attentions: readonly TimeAttention[];
}

/** Builds a frame that sees what others left in a number of slots, from the picture to its maps. */
export function clipFrame(engine: Engine, graph: Graph, geometry: Geometry, slots: number): ClipFrame {
  const attentions: TimeAttention[] = [];
  let frames: Value | undefined;
  const remember: Remember = (rows, { table, queries }) => {
    const i = attentions.length;
    frames ??= graph.input('frames', table);
    const past = graph.input(`past ${i}`, { ...rows.type, shape: [slots, ...rows.type.shape] });
    const query = graph.input(`query ${i}`, { ...queries.type, shape: queries.type.shape.slice(1) });
    attentions.push({ rows, past, query, queries });
    return { past, frames, query };
  };
  const outputs = engine.network(networkInput(engine, graph, geometry), remember);
  return { maps: mapsOf(engine, graph, outputs, geometry), frames: frames as unknown as Value, attentions };
}
