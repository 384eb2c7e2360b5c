/** A file as the address Vite serves it at. */
declare module '*?url' {
  const url: string;
  export default url;
}
