import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { BucketTransfer, Duration, Migration, ObjectPlace, Release, type SystemStack, Tier, variable } from "sterna";
import { TieredBucket } from "sterna/aws";

/** All releases of the system. releases.json pins each environment to one of them. */
export const RELEASES = [new Release("1.0.0"), new Release("1.1.0")];

/** Leads from 1.0.0, with the files in the folder data, to 1.1.0, with the files in S3. */
export function addFilesToS3(stack: SystemStack): Migration {
  return new Migration(stack, "files-to-s3", {
    from: "1.0.0",
    to: "1.1.0",
    acknowledge: { MigrationWithoutBackup: "it copies; the folder stays as it is" },
    steps: (migration) => {
      new BucketTransfer(migration, "copy-files", {
        // Steps run in cdktf.out/stacks/<stack>.
        source: ObjectPlace.directory("../../../data"),
        destination: ObjectPlace.s3(variable("BUCKET"), { prefix: "data/" }),
      });
    },
  });
}

/** Adds what the system has in every release, and its migrations, to the stack of an environment. */
export function addMigrations(stack: SystemStack): void {
  const { AWS_REGION, BUCKET } = stack.variables;
  if (!AWS_REGION || !BUCKET) throw new Error("environments.json must set AWS_REGION and BUCKET for shop");
  new AwsProvider(stack, "aws", {
    region: AWS_REGION,
    defaultTags: [{ tags: { system: "shop", environment: stack.environment.name } }],
  });
  new TieredBucket(stack, "files", {
    bucketName: BUCKET,
    lifecycleRules: [{ id: "cool-down", transitions: [{ tier: Tier.infrequentAccess, after: Duration.days(90) }] }],
  });
  addFilesToS3(stack);
}
