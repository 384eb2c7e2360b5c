/** Whether the metres of a model are in proportion to the focal length. */
export function goesByFocalLength(name: string): boolean {
  return name.startsWith('depth-anything-3-metric');
}
