import { dirname, resolve } from "node:path";
import { z } from "zod";
import { IDENTIFIER, IDENTIFIER_RULE, SEMANTIC_VERSION, SEMANTIC_VERSION_RULE } from "../../core/names";
import { holdsPassword } from "../../core/secrets-in-text";
import { readJsonFile } from "../../core/read-json-file";
import { EngineError } from "../../engine/engine-error";
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

const allowEmpty = z
  .boolean()
  .default(false)
  .describe("Whether a backup of nothing is a backup; otherwise it is an error, as with an unmounted volume");

const postgresPart = z.strictObject({
  kind: z.literal("postgres"),
  id: identifier,
  url: setting.describe("postgresql://user@host:5432/database"),
  password: reference.optional(),
  maintenanceDatabase: z
    .string()
    .min(1)
    .default("postgres")
    .describe("Database to connect to while others are created, renamed and dropped"),
  drillUrl: setting.optional().describe("Server of the restore drill, with its own password; default: the same server"),
  digests: z
    .boolean()
    .default(true)
    .describe("Whether every row is digested: reads each table once more, and lets a drill compare contents"),
  allowEmpty,
});

const redisPart = z.strictObject({
  kind: z.literal("redis"),
  id: identifier,
  url: setting.describe("redis://user@host:6379 or rediss://…; all logical databases are taken"),
  password: reference.optional(),
  allowEmpty,
});

const influxdbPart = z.strictObject({
  kind: z.literal("influxdb"),
  id: identifier,
  url: setting.describe("HTTP API of InfluxDB 1.x: http://host:8086"),
  backupAddress: z
    .string()
    .regex(/^[^\s:]+:\d{1,5}$/, "must be host:port")
    .default("127.0.0.1:8088")
    .describe("The server's `bind-address` of backups; InfluxDB 1.x asks no password there"),
  database: z.string().min(1),
  username: z.string().min(1).optional(),
  password: reference.optional(),
  allowEmpty,
});

const directoryPart = z.strictObject({
  kind: z.literal("directory"),
  id: identifier,
  path: z.string().min(1).describe("Directory, relative to the plan's own folder or absolute"),
});

const envFilePart = z.strictObject({
  kind: z.literal("env-file"),
  id: identifier,
  path: z.string().min(1).describe("Dotenv file, relative to the plan's own folder or absolute"),
  key: reference.describe("Key of AES-256-GCM: 32 bytes in base64 or hexadecimal (`openssl rand -base64 32`)"),
});

const part = z.discriminatedUnion("kind", [postgresPart, redisPart, influxdbPart, directoryPart, envFilePart]);
export type BackupPart = z.output<typeof part>;
export type PartOf<Kind extends BackupPart["kind"]> = Extract<BackupPart, { kind: Kind }>;

const retention = z
  .strictObject({
    days: z.int().min(1).describe("Backups younger than this are never deleted, and older ones may be"),
    atLeast: z.int().min(1).default(3).describe("So many of the newest verified backups stay, however old they are"),
  })
  .describe("One number promises and cleans: the two cannot contradict each other");

const bucket = z.strictObject({
  name: z.string().min(3),
  prefix: z
    .string()
    .regex(/^([^/]+\/)*$/, "must be empty, or end with / and not begin with it")
    .default("backups/"),
  region: z.string().min(1).optional(),
  expirationDays: z
    .int()
    .min(1)
    .optional()
    .describe("When the bucket's own lifecycle deletes these objects; it must keep what `retention` promises"),
});

/** Schema of a backup plan: what is backed up, where to, and for how long. Contains no secrets. */
export const backupPlan = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  system: identifier,
  environment: identifier,
  release: setting.describe("Release that runs where the backup is taken; the drill's evidence counts for it alone"),
  commit: setting.optional().describe("Commit of the code that runs"),
  parts: z.array(part).min(1),
  destination: z
    .strictObject({
      directory: z.string().min(1).optional().describe("Relative to the plan's own folder or absolute"),
      bucket: bucket.optional(),
    })
    .refine(({ directory, bucket }) => directory !== undefined || bucket !== undefined, {
      error: "needs a directory, a bucket, or both",
    }),
  retention,
  maximumAgeHours: z
    .number()
    .positive()
    .optional()
    .describe("`verify` fails when the newest backup is older: nobody else notices a timer that stopped"),
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
  assertDistinctParts(plan, file);
  assertKeepsPromise(plan, file);
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

function assertDistinctParts({ parts }: BackupPlan, file: string): void {
  const twice = parts.map(({ id }) => id).find((id, index, all) => all.indexOf(id) !== index);
  if (twice === undefined) return;
  throw new EngineError("InvalidBackupPlan", `${file} has two parts called "${twice}"; give each an id of its own`);
}

function assertKeepsPromise({ destination, retention }: BackupPlan, file: string): void {
  const expiration = destination.bucket?.expirationDays;
  if (expiration === undefined || expiration > retention.days) return;
  throw new EngineError(
    "RetentionContradiction",
    `${file} keeps backups for ${retention.days} days, and the bucket deletes them after ${expiration}; ` +
      `write an expirationDays of more than ${retention.days}, or a shorter retention.days`,
  );
}

/** @throws EngineError `InvalidBackupPlan` for an invalid semantic version */
export function assertRelease(release: string): string {
  if (SEMANTIC_VERSION.test(release)) return release;
  throw new EngineError("InvalidBackupPlan", `the release of the backup is "${release}"; it ${SEMANTIC_VERSION_RULE}`);
}
