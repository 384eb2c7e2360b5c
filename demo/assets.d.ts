/** A file as the address Vite serves it at. */
declare module '*?url' {
  const url: string;
  export default url;
}

/** A script for a worker, built by itself, as the address it is served at. */
declare module '*?worker&url' {
  const url: string;
  export default url;
}

/** Styles that come with what imports them. */
declare module '*.css' {}

interface ImportMeta {
  /** What Vite writes in. */
  readonly env: { readonly MODE: string };
}
