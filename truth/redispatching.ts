/** How a pass of a recording is opened, dispatched in and ended. */
export interface Pass {
  readonly open: (descriptor?: GPUComputePassDescriptor) => GPUComputePassEncoder;
  readonly dispatch: (pass: GPUComputePassEncoder, x: number, y: number) => void;
  readonly end?: (pass: GPUComputePassEncoder) => void;
}

/** An encoder whose passes are opened, dispatched in and ended otherwise; it has what Executable.encode uses. */
export function redispatching({ open, dispatch, end = (pass) => pass.end() }: Pass): GPUCommandEncoder {
  const beginComputePass = (descriptor?: GPUComputePassDescriptor) => {
    const pass = open(descriptor);
    return {
      setPipeline: (pipeline: GPUComputePipeline) => pass.setPipeline(pipeline),
      setBindGroup: (index: number, group: GPUBindGroup) => pass.setBindGroup(index, group),
      dispatchWorkgroups: (x: number, y = 1) => dispatch(pass, x, y),
      end: () => end(pass),
    };
  };
  return { beginComputePass } as unknown as GPUCommandEncoder;
}
