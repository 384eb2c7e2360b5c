/** A file as the address Vite serves it at. */
declare module '*?url' {
  const url: string;
  export default url;
}

interface ImportMeta {
  /** What Vite writes in. */
  readonly env: { readonly MODE: string };
}
