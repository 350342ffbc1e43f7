import { z } from "zod";
import { programSchema, registeredKinds } from "./program-schemas";

/**
 * What a step does: the one document that the constructs and the engine share.
 *
 * It contains everything that `up`, `down`, `verify` and `probe` need, so that a step can be rolled back long after its
 * construct was deleted. Each kind of step has its own schema, in `lib/steps/<kind>/program.ts`.
 */
export type Program = {
  /** Kind of step that runs it. */
  readonly kind: string;
  readonly [property: string]: unknown;
};

/** The schema of the programs of one kind. It adds defaults. */
export type ProgramSchema = z.ZodType<Program, Program>;

/** A query with the answer that proves success. */
export const check = z.strictObject({
  /** SQL for `sql`, a script for `command`, a JSON pointer for `http`. */
  query: z.string().min(1),
  /** The exact answer: the single value as text, or the rows as JSON. */
  expected: z.string(),
});
export type Check = z.infer<typeof check>;

export const checks = z.array(check);

/** Prefix of keys: empty, or without a leading slash and with a trailing one. */
export const keyPrefix = z.string().regex(/^$|^[^/].*\/$/);

/**
 * A program of any registered kind. All code that reads one, from a configuration or a ledger row, uses this, so that a
 * program written by an older version gets the defaults for newer properties.
 */
export const program = z.looseObject({ kind: z.string() }).transform((value, context): Program => {
  const schema = programSchema(value.kind);
  if (schema === undefined) {
    context.addIssue({ code: "custom", path: ["kind"], message: unknownKind(value.kind) });
    return z.NEVER;
  }
  const { data, error } = schema.safeParse(value);
  for (const { path, message } of error?.issues ?? []) context.addIssue({ code: "custom", path: [...path], message });
  return data ?? z.NEVER;
});

function unknownKind(kind: string): string {
  const known = registeredKinds().join(", ");
  return `the program is of kind "${kind}", which this version of Sterna does not know (it knows ${known}). Is the kind misspelled, or was the step written by a newer Sterna? Then use that one.`;
}
