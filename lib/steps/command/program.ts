import { z } from "zod";
import { check, checks } from "../../manifest/program";
import { text } from "../../manifest/text";

/** A script, run by an interpreter from a private temporary file, with empty standard input. */
export const commandProgram = z.strictObject({
  kind: z.literal("command"),
  interpreter: z.array(z.string().min(1)).min(1).default(["bash", "-euo", "pipefail"]),
  directory: text.optional(),
  environment: z.record(z.string(), text).default({}),
  up: z.string().min(1),
  down: z.string().min(1).optional(),
  verify: checks.min(1),
  probe: check.optional(),
});
export type CommandProgram = z.infer<typeof commandProgram>;
