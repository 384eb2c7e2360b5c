export function radvDriver(): string | undefined;
export function anvDriver(): string | undefined;
export function missingForNullDevice(): string[];
export function setUpNullDevice(): void;
