import type { BackupPart } from "../plan/backup-plan";
import { directoryPart } from "./directory";
import { envFilePart } from "./env-file";
import { influxdbPart } from "./influxdb";
import type { PartKind } from "./part-kind";
import { postgresPart } from "./postgres";
import { redisPart } from "./redis";

type AnyPartKind = PartKind<BackupPart["kind"]>;

const PART_KINDS: { readonly [Kind in BackupPart["kind"]]: PartKind<Kind> } = {
  postgres: postgresPart,
  redis: redisPart,
  influxdb: influxdbPart,
  directory: directoryPart,
  "env-file": envFilePart,
};

/** How a part is backed up, checked and restored. */
export function kindOf(part: BackupPart): AnyPartKind {
  return PART_KINDS[part.kind] as AnyPartKind;
}
