import { z } from "zod";
import { text } from "../../manifest/text";

/** A compressed archive of files and directories with a manifest, read back after it is written. */
export const archiveProgram = z.strictObject({
  kind: z.literal("archive"),
  /** Existing files and directories, absolute or relative to the working directory. */
  sources: z.array(text).min(1),
  /** Directory that receives the archive. */
  directory: text,
});
export type ArchiveProgram = z.infer<typeof archiveProgram>;
