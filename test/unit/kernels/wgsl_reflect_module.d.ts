/** The ES module build; the package's `main` is CommonJS in a package of modules, which Node refuses. */
declare module 'wgsl_reflect/wgsl_reflect.module.js' {
  export * from 'wgsl_reflect';
}
