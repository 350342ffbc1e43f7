import { describe, expect, it } from "@jest/globals";
import { openS3 } from "../../../lib/engine/objects/s3-client";

describe("a client for S3 that works for another environment than its process", () => {
  it("takes keys, region and endpoint from that environment", async () => {
    // GIVEN
    const variables = {
      AWS_ACCESS_KEY_ID: "STAGINGKEY",
      AWS_SECRET_ACCESS_KEY: "staging-secret",
      AWS_SESSION_TOKEN: "staging-token",
      AWS_REGION: "eu-central-1",
      AWS_ENDPOINT_URL_S3: "http://127.0.0.1:4566",
    };

    // WHEN
    const { client } = await openS3(undefined, {}, variables);

    // THEN
    expect(await client.config.credentials()).toMatchObject({
      accessKeyId: "STAGINGKEY",
      secretAccessKey: "staging-secret",
      sessionToken: "staging-token",
    });
    expect(await client.config.region()).toBe("eu-central-1");
    expect(await client.config.endpoint?.()).toMatchObject({ hostname: "127.0.0.1", port: 4566 });
    expect(client.config.forcePathStyle).toBe(true);
    client.destroy();
  });

  it("prefers the region that it is given, and leaves what is not said to the SDK", async () => {
    // WHEN
    const { client } = await openS3("us-east-2", {}, { AWS_REGION: "eu-central-1", AWS_PROFILE: "staging" });

    // THEN
    expect(await client.config.region()).toBe("us-east-2");
    expect(client.config.profile).toBe("staging");
    client.destroy();
  });
});
