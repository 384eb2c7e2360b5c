/** Node's file system, which Mediabunny looks for: a page has none. */
export const fs = undefined;
