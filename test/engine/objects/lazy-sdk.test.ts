import { expect, jest, test } from "@jest/globals";
import type * as BucketModule from "../../../lib/engine/objects/bucket";

test("the AWS SDK is loaded by a step that needs it, not with the step kinds: it is slower than the provider", async () => {
  // GIVEN an SDK that cannot be loaded
  jest.doMock("@aws-sdk/client-s3", () => {
    throw new Error("the SDK was loaded");
  });
  jest.resetModules();
  // WHEN the kinds are loaded, THEN nothing happens
  jest.requireActual("../../../lib/provider/kinds");
  // AND only opening a bucket loads it
  const { Bucket } = jest.requireActual<typeof BucketModule>("../../../lib/engine/objects/bucket");
  await expect(Bucket.open("bucket", undefined)).rejects.toThrow("the SDK was loaded");
});
