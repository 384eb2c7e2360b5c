// The package's own declarations are of other files of it.
declare module 'libheif-js/wasm-bundle.js' {
  const libheif: import('./libheif.js').Libheif;
  export default libheif;
}
declare module 'libheif-js/index.js' {
  const libheif: import('./libheif.js').Libheif;
  export default libheif;
}
