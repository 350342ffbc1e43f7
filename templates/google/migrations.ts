import { GoogleProvider } from "@cdktf/provider-google/lib/provider";
import { BucketTransfer, Duration, Migration, ObjectPlace, Release, type SystemStack, Tier, variable } from "sterna";
import { TieredBucket } from "sterna/google";

/** All releases of the system. releases.json pins each environment to one of them. */
export const RELEASES = [new Release("1.0.0"), new Release("1.1.0")];

/** Leads from 1.0.0, with the files in the folder data, to 1.1.0, with the files in Cloud Storage. */
export function addFilesToCloudStorage(stack: SystemStack): Migration {
  return new Migration(stack, "files-to-cloud-storage", {
    from: "1.0.0",
    to: "1.1.0",
    acknowledge: { MigrationWithoutBackup: "it copies; the folder stays as it is" },
    steps: (migration) => {
      new BucketTransfer(migration, "copy-files", {
        // Steps run in cdktf.out/stacks/<stack>.
        source: ObjectPlace.directory("../../../data"),
        destination: ObjectPlace.gcs(variable("BUCKET"), { prefix: "data/" }),
      });
    },
  });
}

/** Adds what the system has in every release, and its migrations, to the stack of an environment. */
export function addMigrations(stack: SystemStack): void {
  const { GOOGLE_PROJECT, GOOGLE_LOCATION, BUCKET } = stack.variables;
  if (!GOOGLE_PROJECT || !GOOGLE_LOCATION || !BUCKET) {
    throw new Error("environments.json must set GOOGLE_PROJECT, GOOGLE_LOCATION and BUCKET for shop");
  }
  new GoogleProvider(stack, "google", { project: GOOGLE_PROJECT });
  new TieredBucket(stack, "files", {
    bucketName: BUCKET,
    location: GOOGLE_LOCATION,
    lifecycleRules: [{ id: "cool-down", transitions: [{ tier: Tier.infrequentAccess, after: Duration.days(90) }] }],
  });
  addFilesToCloudStorage(stack);
}
