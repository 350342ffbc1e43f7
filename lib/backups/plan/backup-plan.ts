import { dirname, resolve } from "node:path";
import { z } from "zod";
import { IDENTIFIER, IDENTIFIER_RULE, SEMANTIC_VERSION, SEMANTIC_VERSION_RULE } from "../../core/names";
import { holdsPassword } from "../../core/secrets-in-text";
import { readJsonFile } from "../../core/read-json-file";
import { EngineError } from "../../engine/engine-error";
import {
  backupDestinationWith,
  backupPartsWith,
  backupRetention,
  planMistakes,
  requiredFreeBytes,
} from "../../manifest/backup-parts";
import { storedSecretNamedBy } from "../../manifest/text";

const identifier = z.string().regex(IDENTIFIER, `must be ${IDENTIFIER_RULE}`);

/** Where a secret is looked up when the plan runs. The plan never contains it. */
const reference = z.union([
  z
    .strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be the name of an environment variable") })
    .describe("Environment variable that holds it"),
  z.strictObject({ file: z.string().min(1) }).describe("File that holds it, such as a systemd credential"),
  storedSecretNamedBy(z.string().min(1)).describe("Secret of AWS Secrets Manager or Google Secret Manager"),
]);
export type Reference = z.output<typeof reference>;

/** A literal or a reference. */
const setting = z.union([
  z
    .string()
    .min(1)
    .refine(
      (text) => !holdsPassword(text),
      'holds a password; write { "env": "NAME" }, { "file": "PATH" } or { "secret": { "store": "aws", "id": "NAME" } }',
    ),
  reference,
]);
export type Setting = z.output<typeof setting>;

const place = z.string().min(1);

const part = backupPartsWith({ setting, reference, place });
export type BackupPart = z.output<typeof part>;
export type PartOf<Kind extends BackupPart["kind"]> = Extract<BackupPart, { kind: Kind }>;

/** Schema of a backup plan: what is backed up, where to, and for how long. Contains no secrets. */
export const backupPlan = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  system: identifier,
  environment: identifier,
  release: setting.describe("Release that runs where the backup is taken; the drill's evidence counts for it alone"),
  commit: setting.optional().describe("Commit of the code that runs"),
  parts: z.array(part).min(1),
  destination: backupDestinationWith(place),
  retention: backupRetention,
  requiredFreeBytes,
  maximumAgeHours: z
    .number()
    .positive()
    .optional()
    .describe("`verify` fails when the newest backup is older: otherwise a stopped timer goes unnoticed"),
  drill: z
    .strictObject({
      evidenceDays: z.int().min(1).default(30).describe("How long a successful drill counts"),
      directory: z.string().min(1).default(".").describe("Project whose evidence/ folder gets it"),
    })
    .prefault({}),
});

/** What is backed up, where to, and for how long. */
export type BackupPlan = z.output<typeof backupPlan>;

/** A plan with absolute paths. */
export interface LoadedPlan extends BackupPlan {
  /** The plan file, absolute. */
  readonly file: string;
}

/**
 * Reads a backup plan. Its paths are relative to its own folder, since schedulers start programs in any directory.
 *
 * @param file absolute path
 * @throws SternaError `FileUnreadable`, `FileNotJson`, `InvalidBackupPlan`, `RetentionContradiction`
 */
export function readBackupPlan(file: string): LoadedPlan {
  const plan = readJsonFile(file, backupPlan, "InvalidBackupPlan");
  const [mistake] = planMistakes(plan);
  if (mistake !== undefined) throw new EngineError(mistake.code, `${file} ${mistake.message}`);
  const absolute = (path: string): string => resolve(dirname(file), path);
  const { directory } = plan.destination;
  return {
    ...plan,
    file,
    parts: plan.parts.map((each) => ("path" in each ? { ...each, path: absolute(each.path) } : each)),
    destination: { ...plan.destination, ...(directory !== undefined && { directory: absolute(directory) }) },
    drill: { ...plan.drill, directory: absolute(plan.drill.directory) },
  };
}

/** @throws EngineError `InvalidBackupPlan` for an invalid semantic version */
export function assertRelease(release: string): string {
  if (SEMANTIC_VERSION.test(release)) return release;
  throw new EngineError("InvalidBackupPlan", `the release of the backup is "${release}"; it ${SEMANTIC_VERSION_RULE}`);
}
