// The package's own declarations are of other files of it. What these export is a `Libheif`.
declare module 'libheif-js/wasm-bundle.js' {
  const libheif: object;
  export default libheif;
}
declare module 'libheif-js/index.js' {
  const libheif: object;
  export default libheif;
}
