import { z } from "zod";
import { text } from "../../manifest/text";

/**
 * Writes one dotenv file from another: variables are renamed, set and removed, and the others kept. Nothing is
 * executed.
 */
export const envProgram = z.strictObject({
  kind: z.literal("env"),
  from: text,
  to: text,
  rename: z.record(z.string(), z.string()).default({}),
  set: z.record(z.string(), text).default({}),
  remove: z.array(z.string()).default([]),
  required: z.array(z.string()).default([]),
});
export type EnvProgram = z.infer<typeof envProgram>;
