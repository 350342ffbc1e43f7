import { z } from "zod";
import { EngineError } from "../../engine/engine-error";
import { canonicalJson, sha256 } from "../../manifest/checksum";
import { describeIssues } from "../../core/read-json-file";
import { manifestEntry } from "../../engine/files/file-manifest";

const partRecord = z.strictObject({
  id: z.string(),
  kind: z.enum(["postgres", "redis", "influxdb", "directory", "env-file"]),
  files: z.array(manifestEntry).min(1).describe("Relative to the backup's folder"),
  counts: z.record(z.string(), z.number()).describe("Rows by table, keys, points by field, files: what was read back"),
  digests: z.record(z.string(), z.string()).describe("Of contents, where they have one that is the same everywhere"),
  versions: z.record(z.string(), z.string()).describe("Of the server and of the program that took the backup"),
  settings: z.record(z.string(), z.string()).default({}).describe("What a restore needs to know, such as the encoding"),
});

/** Content of one part of a backup. */
export type PartRecord = z.output<typeof partRecord>;

/** Schema of `manifest.json`, which is written last: only a folder with a manifest is a backup. */
export const backupManifest = z.strictObject({
  version: z.literal(1),
  id: z.string().regex(/^\d{8}T\d{9}Z$/),
  system: z.string(),
  environment: z.string(),
  release: z.string(),
  commit: z.string().optional(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  parts: z.array(partRecord).min(1),
});

/** Content of a backup. Written last, so that a backup without it is incomplete. */
export type BackupManifest = z.output<typeof backupManifest>;

/** Name of the manifest in a backup's folder. */
export const MANIFEST_FILE = "manifest.json";

/** Id of a backup: its time, UTC, to the millisecond, sortable: `20260131T235959123Z`. */
export function backupIdAt(time: Date): string {
  return time.toISOString().replaceAll(/[-:.]/g, "");
}

/** Identifies the whole content of a backup: the manifest holds the digest of every file. */
export function manifestDigest(manifest: BackupManifest): string {
  return sha256(canonicalJson(manifest));
}

/** @throws EngineError `BackupCorrupt` */
export function parseManifest(text: string, place: string): BackupManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new EngineError("BackupCorrupt", `${place} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const parsed = backupManifest.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new EngineError("BackupCorrupt", `${place} is no manifest of a backup:\n${describeIssues(parsed.error)}`);
}
