export function buildTypes(out: string): void;
