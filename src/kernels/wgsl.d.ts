/** A WGSL file as text; the build inlines it, so nothing is fetched at run time. */
declare module '*.wgsl?raw' {
  const source: string;
  export default source;
}
