export function unexportedTypes(entries: readonly string[], directory: string): string[];
export function keepPublicDeclarations(entries: readonly string[], directory: string): void;
