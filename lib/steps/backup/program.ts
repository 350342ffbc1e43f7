import { z } from "zod";
import {
  backupDestinationWith,
  backupPartsWith,
  backupRetention,
  requiredFreeBytes,
} from "../../manifest/backup-parts";
import { secretText, text } from "../../manifest/text";

/** What is backed up, where to, and for how long, with the references of a step. */
export const stepBackupPlan = z.strictObject({
  parts: z.array(backupPartsWith({ setting: text, reference: secretText, place: text })).min(1),
  destination: backupDestinationWith(text),
  retention: backupRetention.prefault({ days: 30 }),
  requiredFreeBytes,
  /** Commit of the code that runs while the backup is taken. */
  commit: text.optional(),
});

/** A backup of databases, directories and dotenv files, read back after it is taken. */
export const backupProgram = z
  .strictObject({
    kind: z.literal("backup"),
    plan: stepBackupPlan.optional(),
    /** Path of a backup plan, relative to the stack's folder or absolute. */
    planFile: text.optional(),
    /** Release that runs while the backup is taken. Ignored for a plan file, which names its own. */
    release: z.string().min(1),
    /** Folder of the project, relative to that of the stack: evidence is written there. */
    project: z.string().min(1).default("."),
    /** What a rollback does: keep the backup, or restore it over the live data. */
    down: z.enum(["keep", "restore"]).default("keep"),
  })
  .refine(({ plan, planFile }) => (plan === undefined) !== (planFile === undefined), {
    error: "needs either a plan or the path of a plan file",
  });
export type BackupProgram = z.infer<typeof backupProgram>;
