// Exits 0 when the dynamic linker can load a library, by path or by name: node loads.cjs LIBRARY
try {
  process.dlopen({ exports: {} }, process.argv[2]);
} catch (error) {
  // A library that is no addon loads, and is then refused.
  process.exitCode = /did not self-register/.test(error.message) ? 0 : 1;
}
