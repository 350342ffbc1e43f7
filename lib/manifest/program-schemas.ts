import type { z } from "zod";
import type { Program } from "./program";

const schemas = new Map<string, () => z.ZodType<Program>>();

/** Lets `program` parse the programs of a kind. The schema is built when the first one is read, which takes a while. */
export function registerProgram(kind: string, schema: () => z.ZodType<Program>): void {
  schemas.set(kind, schema);
}

/** The schema of the programs of a kind; nothing for a kind that is not registered. */
export function programSchema(kind: string): z.ZodType<Program> | undefined {
  return schemas.get(kind)?.();
}

export function registeredKinds(): string[] {
  return [...schemas.keys()];
}
