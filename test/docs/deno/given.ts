// What is asked of the results of examples in Deno.
export { check, starts } from '../node/given.js';
