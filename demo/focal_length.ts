// Apart from what the first screen takes of it.
export { readFocalLength } from 'depthwise/views';
