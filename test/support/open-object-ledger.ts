import { openGcsStore } from "../../lib/engine/objects/gcs-store";
import type { LedgerConfig } from "../../lib/manifest/ledger-config";
import { ObjectLedger } from "../../lib/engine/ledgers/object-ledger";
import type { ObjectStore } from "../../lib/engine/objects/object-store";
import { S3Store } from "../../lib/engine/objects/s3-store";

export type ObjectLedgerConfig = Extract<LedgerConfig, { kind: "s3" | "gcs" }>;

/** Opens a ledger in an object store whose locks do not live as long as in earnest. */
export function openObjectLedger(
  config: ObjectLedgerConfig,
  lockLifetime: number,
  through: (store: ObjectStore) => ObjectStore = (store) => store,
): ObjectLedger {
  const store = config.kind === "s3" ? new S3Store(config) : openGcsStore(config.bucket);
  const scope = { system: "shop", environment: "staging" };
  return new ObjectLedger({ store: through(store), prefix: config.prefix, scope, lockLifetime });
}
