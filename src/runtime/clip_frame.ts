import type { Graph, Value } from '../graph/graph.js';
import type { AlongTime, Remember } from '../models/family.js';
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

/** Inputs of a graph for what attention along time `i`, of rows [P,C], has of other frames in a number of slots. */
export function pastInputs(
  { graph, type }: Value,
  { table, queries }: AlongTime,
  slots: number,
  i: number,
): ReturnType<Remember> {
  return {
    past: graph.input(`past ${i}`, { ...type, shape: [slots, ...type.shape] }),
    frames: graph.inputs.get('frames') ?? graph.input('frames', table),
    query: graph.input(`query ${i}`, { ...queries.type, shape: queries.type.shape.slice(1) }),
  };
}

/** Builds a frame that sees what others left in a number of slots, from the picture to its maps. */
export function clipFrame(engine: Engine, graph: Graph, geometry: Geometry, slots: number): ClipFrame {
  const attentions: TimeAttention[] = [];
  const remember: Remember = (rows, along) => {
    const seen = pastInputs(rows, along, slots, attentions.length);
    attentions.push({ ...seen, rows, queries: along.queries });
    return seen;
  };
  const outputs = engine.network(networkInput(engine, graph, geometry), remember);
  return { maps: mapsOf(engine, graph, outputs, geometry), frames: graph.inputs.get('frames') as Value, attentions };
}
