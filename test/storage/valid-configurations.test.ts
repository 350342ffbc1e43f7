import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { GoogleProvider } from "@cdktf/provider-google/lib/provider";
import { expect, test } from "@jest/globals";
import type { TerraformStack } from "cdktf";
import { DataSyncTask } from "../../lib/aws/storage/data-sync-task";
import { TieredBucket } from "../../lib/aws/storage/tiered-bucket";
import { TieredBucket as GoogleTieredBucket } from "../../lib/google/storage/tiered-bucket";
import { TransferJob } from "../../lib/google/storage/transfer-job";
import { synthesize } from "../support/synth";
import { schemaMismatches } from "./google-schema";
import { VALID_DATASYNC_TASKS, VALID_ON_GCS, VALID_TRANSFER_JOBS } from "./valid-on-google";
import { VALID_LIFECYCLES_ON_S3 } from "./valid-lifecycles-on-s3";
import { VALID_ON_S3 } from "./valid-on-s3";

type Row = readonly [page: string, what: string, declare: (stack: TerraformStack) => void];

const CORPUS: readonly Row[] = [
  ...[...VALID_LIFECYCLES_ON_S3, ...VALID_ON_S3].map(([page, what, props]): Row => [
    page,
    what,
    (stack) => void new TieredBucket(stack, "files", { bucketName: "app-ef-files", ...props }),
  ]),
  ...VALID_ON_GCS.map(([page, what, props]): Row => [
    page,
    what,
    (stack) =>
      void new GoogleTieredBucket(stack, "files", { bucketName: "app-ef-files", location: "europe-west3", ...props }),
  ]),
  ...VALID_DATASYNC_TASKS.map(([page, what, props]): Row => [
    page,
    what,
    (stack) => void new DataSyncTask(stack, "task", props as ConstructorParameters<typeof DataSyncTask>[2]),
  ]),
  ...VALID_TRANSFER_JOBS.map(([page, what, props]): Row => [
    page,
    what,
    (stack) => void new TransferJob(stack, "job", props as ConstructorParameters<typeof TransferJob>[2]),
  ]),
];

test("the corpus holds what the pages show, each row once", () => {
  expect(CORPUS.length).toBeGreaterThanOrEqual(100);
  expect(new Set(CORPUS.map(([page, what]) => `${page} ${what}`)).size).toBe(CORPUS.length);
});

test.each(CORPUS)("%s: %s is accepted", (_page, _what, declare) => {
  // when
  const stack = synthesize((made) => {
    new AwsProvider(made, "aws", { region: "eu-central-1" });
    new GoogleProvider(made, "google");
    declare(made);
  });

  // then
  const ofGoogle = Object.entries(stack.resource).filter(([type]) => type.startsWith("google_storage_bucket"));
  const mismatches = ofGoogle.flatMap(([type, resources]) =>
    Object.values(resources).flatMap((resource) => schemaMismatches(type, resource)),
  );
  expect(mismatches).toEqual([]);
});
