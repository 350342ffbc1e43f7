import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { execa } from "execa";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startGcsContractModel, type GcsContractModel } from "../../support/gcs-contract-model";
import { repositoryRoot } from "../../support/repository";

describe("Google's own library gives the tokens for the ledger in Cloud Storage", () => {
  let gcs: GcsContractModel;
  let tokens: Server;
  let directory: string;
  let exchanges: number;

  beforeEach(async () => {
    gcs = await startGcsContractModel();
    gcs.accessToken = "canary-token";
    directory = mkdtempSync(join(tmpdir(), "sterna-google-"));
    exchanges = 0;
    tokens = createServer((_, response) => {
      exchanges += 1;
      const issued_token_type = "urn:ietf:params:oauth:token-type:access_token";
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify({ access_token: "canary-token", expires_in: 3600, token_type: "Bearer", issued_token_type }),
      );
    });
    tokens.listen(0, "127.0.0.1");
    await once(tokens, "listening");
  });
  afterEach(async () => {
    tokens.close();
    await gcs.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const run = (credentials: string) =>
    execa(process.execPath, ["--import", "tsx", "test/e2e/ledgers/google-access-worker.ts", gcs.bucket, gcs.endpoint], {
      cwd: repositoryRoot,
      env: { GOOGLE_APPLICATION_CREDENTIALS: credentials, STORAGE_EMULATOR_HOST: "" },
      reject: false,
    });

  it("exchanges the token of a pipeline for one of Google's, once, and sends it with every request", async () => {
    // GIVEN workload identity federation, as GitHub's and GitLab's pipelines have it
    const credentials = join(directory, "credentials.json");
    writeFileSync(join(directory, "subject"), "token-of-the-pipeline");
    writeFileSync(
      credentials,
      JSON.stringify({
        type: "external_account",
        audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/pipeline",
        subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
        token_url: `http://127.0.0.1:${(tokens.address() as AddressInfo).port}/token`,
        credential_source: { file: join(directory, "subject") },
      }),
    );

    // WHEN
    const { stdout, stderr } = await run(credentials);

    // THEN
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual(["a"]);
    expect(exchanges).toBe(1);
  });

  it("says what is wrong with credentials that are none", async () => {
    const { exitCode, stderr } = await run(join(directory, "missing.json"));
    expect(exitCode).toBe(1);
    expect(stderr).toContain("missing.json");
  });
});
