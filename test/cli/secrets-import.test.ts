import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { RotateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { parse } from "dotenv";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startSecretStore, type AwsSecretStore } from "../rotator/aws/secret-store";
import { scratchDirectory } from "../support/repository";
import { runCli } from "./run-cli";

const CANARY = "canary-7f3a";
const ENV = `# the shop\r\nDATABASE_URL='postgresql://shop:${CANARY}@db/shop' # main\r\nEMPTY=\r\nLEVEL=info\r\n`;

describe("sterna secrets import", () => {
  let scratch: string;
  let directory: string;
  let store: AwsSecretStore;
  let secret: string;

  beforeAll(async () => {
    scratch = scratchDirectory("secrets-import");
    store = await startSecretStore();
  }, 30_000);
  beforeEach(() => {
    directory = mkdtempSync(join(scratch, "case-"));
    secret = `r3mes/${directory.slice(-6)}`;
    writeFileSync(join(directory, ".env"), ENV);
  });
  afterAll(async () => {
    await store.stop();
    rmSync(scratch, { recursive: true, force: true });
  });

  const importEnv = (...args: string[]) =>
    runCli(directory, ["secrets", "import", ".env", "--to", secret, ...args], store.environment);
  const env = (name = ".env") => readFileSync(join(directory, name), "utf8");

  it("shows names, and changes nothing, until it is told to", async () => {
    const { status, stdout, stderr } = await importEnv();
    expect([status, stdout]).toEqual([2, expect.stringMatching(/new +DATABASE_URL[\s\S]*new +LEVEL/)]);
    expect(stdout + stderr).not.toMatch(new RegExp(`${CANARY}|info`));
    await expect(store.stages(secret)).rejects.toThrow(/can't find/);
    expect([env(), existsSync(join(directory, ".env.references"))]).toEqual([ENV, false]);
  });

  it("makes the secret, and writes references with everything around them and the same permissions", async () => {
    // GIVEN
    chmodSync(join(directory, ".env"), 0o640);
    // WHEN
    const { status, stdout, stderr } = await importEnv("--apply");
    // THEN
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).not.toContain(CANARY);
    expect(await store.value(secret)).toEqual({ DATABASE_URL: `postgresql://shop:${CANARY}@db/shop`, LEVEL: "info" });
    const lines = env(".env.references").split("\r\n");
    expect(lines).toEqual([
      "# the shop",
      expect.stringMatching(
        new RegExp(
          `^DATABASE_URL='\\{\\{resolve:secretsmanager:arn:aws:.*${secret}.*:SecretString:DATABASE_URL\\}\\}' # main$`,
        ),
      ),
      "EMPTY=",
      expect.stringMatching(/^LEVEL='\{\{resolve:secretsmanager:.*:LEVEL\}\}'$/),
      "",
    ]);
    expect(statSync(join(directory, ".env.references")).mode & 0o777).toBe(0o640);
    expect(env()).toBe(ENV);

    // WHEN it is done again
    const before = await store.stages(secret);
    const again = await importEnv("--apply");
    // THEN there is no new version, and nothing to do
    expect([again.status, await store.stages(secret)]).toEqual([0, before]);
    expect((await importEnv()).status).toBe(0);
    expect(again.stdout).toContain("no new version");
  });

  it("adds chosen variables to a secret under other keys, in place, and keeps the others of both", async () => {
    // GIVEN
    await store.create(secret, JSON.stringify({ other: "1" }));
    // WHEN
    const run = await importEnv("--only", "DATABASE_URL=database_url", "--in-place", "--apply");
    // THEN
    expect(run.status).toBe(0);
    expect(await store.value(secret)).toEqual({ other: "1", database_url: `postgresql://shop:${CANARY}@db/shop` });
    expect(parse(env())).toMatchObject({ DATABASE_URL: expect.stringContaining(":database_url}}"), LEVEL: "info" });
    expect(env()).not.toContain(CANARY);

    // WHEN everything is a reference
    const rest = await importEnv("--only", "DATABASE_URL=database_url", "--in-place", "--apply", "--json");
    // THEN nothing is left to import
    expect([rest.status, rest.json()["variables"]]).toEqual([0, []]);
  });

  it("replaces another value only when it is told to", async () => {
    // GIVEN
    await store.create(secret, JSON.stringify({ LEVEL: "debug" }));
    // WHEN
    const refused = await importEnv("--apply");
    // THEN
    expect([refused.status, refused.stderr]).toEqual([3, expect.stringContaining("error[SecretValueDiffers]")]);
    expect(await store.value(secret)).toEqual({ LEVEL: "debug" });
    // WHEN
    expect((await importEnv("--apply", "--overwrite")).status).toBe(0);
    // THEN
    expect(await store.value(secret)).toMatchObject({ LEVEL: "info" });
    expect(await store.value(secret, "AWSPREVIOUS")).toEqual({ LEVEL: "debug" });
  });

  it("imports no value that dotenv may have cut off", async () => {
    writeFileSync(join(directory, ".env"), `A=1\nPASSWORD=p#${CANARY}\n`);
    const { status, stderr } = await importEnv("--apply");
    expect([status, stderr]).toEqual([3, expect.stringMatching(/trap \.env:2: PASSWORD # without quotes/)]);
    expect(stderr).not.toContain(CANARY);
  });

  it.each([
    ["is no JSON", CANARY, "SecretNotAnObject"],
    ["holds more than texts", `{"a": {"${CANARY}": 1}}`, "SecretNotAnObject"],
  ])("leaves a secret alone that %s", async (_what, value, code) => {
    await store.create(secret, value);
    const { status, stderr } = await importEnv("--apply");
    expect([status, stderr]).toEqual([1, expect.stringContaining(`error[${code}]`)]);
    expect(stderr).not.toContain(CANARY);
  });

  it("leaves a secret alone that rotates", async () => {
    await store.create(secret, "{}");
    await store.client.send(
      new RotateSecretCommand({
        SecretId: secret,
        RotationLambdaARN: "arn:aws:lambda:us-east-1:111122223333:function:rotate",
        RotationRules: { AutomaticallyAfterDays: 30 },
        RotateImmediately: false,
      }),
    );
    const { status, stderr } = await importEnv("--apply");
    expect([status, stderr]).toEqual([1, expect.stringContaining("error[SecretRotates]")]);
  });

  it("says which secret nobody could be asked for", async () => {
    const unreachable = { ...store.environment, AWS_ENDPOINT_URL: "http://127.0.0.1:1" };
    const { status, stderr } = await runCli(directory, ["secrets", "import", ".env", "--to", secret], unreachable);
    expect([status, stderr]).toEqual([1, expect.stringMatching(/SecretsManagerRefused.*r3mes.*ECONNREFUSED/s)]);
  });

  it("refuses more than Secrets Manager takes, and names that are not there", async () => {
    const missing = await importEnv("--only", "DATABASE_URI");
    expect([missing.status, missing.stderr]).toEqual([1, expect.stringContaining('did you mean "DATABASE_URL"?')]);
    writeFileSync(join(directory, ".env"), `LONG=${"x".repeat(70_000)}\n`);
    const { status, stderr } = await importEnv("--apply");
    expect([status, stderr]).toEqual([1, expect.stringContaining("error[SecretTooLarge]")]);
  });
});
