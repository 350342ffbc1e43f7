import { join } from "node:path";
import type { LoadedPlan } from "../backup-plan";
import type { BackupStore } from "./backup-store";
import { BucketStore } from "./bucket-store";
import { DirectoryStore } from "./directory-store";

/**
 * Lets some work use the stores of a plan: the directory, then the bucket.
 *
 * @throws EngineError `TargetMissing` for a bucket that there is not
 */
export async function withStores<T>(
  plan: LoadedPlan,
  signal: AbortSignal,
  work: (stores: readonly BackupStore[]) => Promise<T>,
): Promise<T> {
  const { system, environment, destination } = plan;
  const stores: BackupStore[] = [];
  try {
    if (destination.directory !== undefined) {
      stores.push(new DirectoryStore(join(destination.directory, system, environment)));
    }
    if (destination.bucket !== undefined) {
      const { name, region, prefix } = destination.bucket;
      stores.push(await BucketStore.open(name, region, `${prefix}${system}/${environment}/`, signal));
    }
    return await work(stores);
  } finally {
    for (const store of stores) store.close();
  }
}
