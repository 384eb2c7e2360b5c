/** A file as the address Vite serves it at. */
declare module '*?url' {
  const url: string;
  export default url;
}

/** A script as the address of the worker that Vite makes of it. */
declare module '*?worker&url' {
  const url: string;
  export default url;
}

interface ImportMeta {
  /** What Vite writes in. */
  readonly env: { readonly MODE: string };
}
