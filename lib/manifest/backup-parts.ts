import { z } from "zod";
import { IDENTIFIER, IDENTIFIER_RULE } from "../core/names";

/** How a backup names what it reads: a plan file and a step refer to secrets in different ways. */
interface References<Setting extends z.ZodType, Reference extends z.ZodType, Place extends z.ZodType> {
  /** A literal or a reference. */
  readonly setting: Setting;

  /** A secret, by reference only. */
  readonly reference: Reference;

  /** A literal that may differ between environments: a path, a name. */
  readonly place: Place;
}

const identifier = z.string().regex(IDENTIFIER, `must be ${IDENTIFIER_RULE}`);

const allowEmpty = z
  .boolean()
  .default(false)
  .describe("Whether a backup of nothing is a backup; otherwise it is an error, as with an unmounted volume");

/** What pg_dump accepts. Source: https://www.postgresql.org/docs/current/app-pgdump.html (`--compress`) */
const compression = z
  .string()
  .regex(
    /^(none|gzip(:[1-9])?|lz4(:\d{1,2})?|zstd(:\d{1,2})?)$/,
    "must be none, gzip, lz4 or zstd, with a level if needed: gzip:9, zstd:3",
  );

/** The parts of a backup, in a plan file and in a step. */
export const backupPartsWith = <S extends z.ZodType, R extends z.ZodType, P extends z.ZodType>({
  setting,
  reference,
  place,
}: References<S, R, P>) =>
  z.discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("postgres"),
      id: identifier,
      url: setting.describe("postgresql://user@host:5432/database"),
      password: reference.optional(),
      maintenanceDatabase: z
        .string()
        .min(1)
        .default("postgres")
        .describe("Database to connect to while others are created, renamed and dropped"),
      drillUrl: setting
        .optional()
        .describe("Server of the restore drill, with its own password; default: the same server"),
      digests: z
        .boolean()
        .default(true)
        .describe("Whether every row is digested: reads each table once more, and lets a drill compare contents"),
      compression: compression
        .optional()
        .describe("none, gzip:1 to gzip:9, and with pg_dump 16 or newer lz4 or zstd:3; default: that of pg_dump"),
      jobs: z
        .int()
        .min(1)
        .max(64)
        .optional()
        .describe("Tables that are dumped and restored at once, each with a connection; the dump is then a directory"),
      allowEmpty,
    }),
    z.strictObject({
      kind: z.literal("redis"),
      id: identifier,
      url: setting.describe("redis://user@host:6379 or rediss://…; all logical databases are taken"),
      password: reference.optional(),
      allowEmpty,
    }),
    z.strictObject({
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
    }),
    z.strictObject({
      kind: z.literal("directory"),
      id: identifier,
      path: place.describe("Directory, relative to the plan's own folder or absolute"),
    }),
    z.strictObject({
      kind: z.literal("env-file"),
      id: identifier,
      path: place.describe("Dotenv file, relative to the plan's own folder or absolute"),
      key: reference.describe("Key of AES-256-GCM: 32 bytes in base64 or hexadecimal (`openssl rand -base64 32`)"),
    }),
  ]);

/** Where backups are kept, in a plan file and in a step. */
export const backupDestinationWith = <P extends z.ZodType>(place: P) =>
  z
    .strictObject({
      directory: place.optional().describe("Relative to the plan's own folder or absolute"),
      bucket: z
        .strictObject({
          name: place,
          prefix: z
            .string()
            .regex(/^([^/]+\/)*$/, "must be empty, or end with / and not begin with it")
            .default("backups/"),
          region: place.optional(),
          expirationDays: z
            .int()
            .min(1)
            .optional()
            .describe("When the bucket's own lifecycle deletes these objects; it must keep what `retention` promises"),
        })
        .optional(),
    })
    .refine(({ directory, bucket }) => directory !== undefined || bucket !== undefined, {
      error: "needs a directory, a bucket, or both",
    });

/** How long backups are kept. */
export const backupRetention = z
  .strictObject({
    days: z.int().min(1).describe("Backups younger than this are never deleted, and older ones may be"),
    atLeast: z.int().min(1).default(3).describe("Number of newest verified backups to keep, regardless of age"),
  })
  .describe("The promise and the cleanup use the same number, so they cannot contradict each other");

export const requiredFreeBytes = z
  .int()
  .min(0)
  .optional()
  .describe(
    "Free space that a backup needs before it begins; default: none, with a warning if the data is larger than the free space",
  );

/** A mistake that only several properties together show. */
interface PlanMistake {
  readonly code: "InvalidBackupPlan" | "RetentionContradiction";
  readonly message: string;
}

/** What is wrong with a plan whose properties are each valid. */
export function planMistakes({
  parts,
  destination,
  retention,
}: {
  readonly parts: readonly { readonly id: string }[];
  readonly destination: { readonly bucket?: { readonly expirationDays?: number | undefined } | undefined };
  readonly retention: { readonly days: number };
}): PlanMistake[] {
  const twice = parts.map(({ id }) => id).find((id, index, all) => all.indexOf(id) !== index);
  const expiration = destination.bucket?.expirationDays;
  const mistakes: PlanMistake[] = [];
  if (twice !== undefined) {
    mistakes.push({
      code: "InvalidBackupPlan",
      message: `has two parts called "${twice}"; give each an id of its own`,
    });
  }
  if (expiration !== undefined && expiration <= retention.days) {
    mistakes.push({
      code: "RetentionContradiction",
      message:
        `keeps backups for ${retention.days} days, and the bucket deletes them after ${expiration}; ` +
        `write an expirationDays of more than ${retention.days}, or a shorter retention.days`,
    });
  }
  return mistakes;
}
