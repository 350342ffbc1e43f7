import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { execa } from "execa";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { parse } from "dotenv";
import { digestTree } from "../fixtures/app-ef/generate";
import { AppEfProject } from "../support/app-ef-project";
import { requires } from "../support/requirements";
import { terraform, type TerraformResult } from "../support/terraform";
import { terraformEnvironment } from "../support/terraform-environment";
import { expectExit } from "../support/expect-exit";
import { unwrapped } from "../support/unwrapped";

const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");

requires(
  "terraform",
  "aws_provider",
  "moto_server",
  "postgres",
)("app_ef from the beta to 1.0.0 and back", () => {
  let project: AppEfProject;
  let stack: string;
  let beta: { data: string; env: string };

  beforeAll(async () => {
    project = await AppEfProject.start();
    stack = join(project.directory, "cdktf.out/stacks/app-ef-development");
    beta = fingerprint();
    await synthesize();
    expectExit(await run("init"));
  });
  afterAll(async () => {
    await project?.stop();
    project?.remove();
  });

  const installation = () => project.installations.development;
  const fingerprint = () => ({
    data: digestTree(join(installation().directory, "data")),
    env: readFileSync(join(installation().directory, ".env"), "utf8"),
  });
  const run = (...args: string[]): Promise<TerraformResult> =>
    terraform(stack, args, { environment: project.environmentOf("development") });
  const health = async (): Promise<{ version: string; projects: number }> =>
    (await (await fetch(`${installation().server.url}/health`)).json()) as never;

  async function synthesize(): Promise<void> {
    const { app } = JSON.parse(readFileSync(join(project.directory, "cdktf.json"), "utf8")) as { app: string };
    const [node, ...args] = app.split(" ");
    await execa(node!, args, { cwd: project.directory, env: terraformEnvironment({}), extendEnv: false });
  }

  function files(directory: string): string[] {
    return readdirSync(directory, { recursive: true, encoding: "utf8" })
      .map((name) => join(directory, name))
      .filter((path) => statSync(path).isFile());
  }

  it("is at the beta: the bucket is there, nothing was moved, the second plan is empty", async () => {
    // WHEN
    const applied = await run("apply", "-auto-approve");
    const second = await run("plan", "-detailed-exitcode");

    // THEN
    expectExit(applied);
    expectExit(second);
    expect(await health()).toMatchObject({ version: "0.1.0-beta", projects: 300 });
  });

  it("pinned to 1.0.0: every project is in PostgreSQL and every file in the bucket, with equal digests", async () => {
    // WHEN
    project.pin("development", "1.0.0");
    await synthesize();
    const applied = await run("apply", "-auto-approve");
    const second = await run("plan", "-detailed-exitcode");

    // THEN
    expectExit(applied);
    expectExit(second);

    const data = join(installation().directory, "data");
    const documents = files(join(data, "projects")).filter((path) => path.endsWith(".json"));
    const rows = await project.postgres.query<{ path: string; document: string }>(
      "select path, document::text as document from app_ef.projects",
      "app_ef_development",
    );
    const digests = (entries: [string, string | Uint8Array][]): Record<string, string> =>
      Object.fromEntries(entries.map(([name, content]) => [name, sha256(content)]));
    expect(documents.length).toBeGreaterThanOrEqual(300);
    expect(digests(rows.map((row) => [row.path, row.document]))).toEqual(
      digests(documents.map((path) => [relative(join(data, "projects"), path), readFileSync(path)])),
    );

    expect(await bucketDigests()).toEqual(
      digests(files(data).map((path) => [`data/${relative(data, path)}`, readFileSync(path)])),
    );
    expect(await health()).toMatchObject({ version: "1.0.0", projects: documents.length });
    expect(fingerprint()).toEqual(beta);
  });

  it("has an .env.v1 with the new names, for its owner alone, without keys; .env was not executed", () => {
    const path = join(installation().directory, ".env.v1");
    const written = parse(readFileSync(path));
    const before = parse(beta.env);

    expect(written).toMatchObject({ STORAGE_BACKEND: "s3", AWS_S3_BUCKET: "app-ef-development" });
    expect(written).not.toHaveProperty("AWS_SECRET_ACCESS_KEY");
    expect(written.SECRET_KEY).toBe(before.SECRET_KEY);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("keeps a backup that was read back", async () => {
    const backups = join(project.directory, "backups/development");
    const archive = readdirSync(backups).find((name) => name.endsWith(".tar.gz"))!;
    const listed = await execa("tar", ["-tzf", join(backups, archive)]);

    expect(statSync(join(backups, archive)).mode & 0o777).toBe(0o600);
    expect(listed.stdout.split("\n").length).toBeGreaterThan(300);
  });

  it("pinned to the beta again: the state before, byte for byte; the bucket and the backup stay", async () => {
    // WHEN
    project.pin("development", "0.1.0-beta");
    await synthesize();
    const plan = await run("plan");
    const applied = await run("apply", "-auto-approve");
    const second = await run("plan", "-detailed-exitcode");

    // THEN
    expect(unwrapped(plan.stdout)).toContain("Steps will be rolled back");
    expectExit(applied);
    expectExit(second);
    expect(fingerprint()).toEqual(beta);
    expect(existsSync(join(installation().directory, ".env.v1"))).toBe(false);
    expect(await bucketDigests()).toEqual({});
    const left = await project.postgres.query(
      "select 1 from pg_namespace where nspname = 'app_ef'",
      "app_ef_development",
    );
    expect(left).toEqual([]);
    expect(await health()).toMatchObject({ version: "0.1.0-beta", projects: 300 });
    expect(readdirSync(join(project.directory, "backups/development"))).not.toEqual([]);
  });

  /** Every current object of the bucket: key to sha256 of what is read back. */
  async function bucketDigests(): Promise<Record<string, string>> {
    const environment = project.environmentOf("development");
    const client = new S3Client({
      endpoint: project.aws!.endpoint,
      region: environment.AWS_REGION ?? "us-east-1",
      forcePathStyle: true,
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    });
    const Bucket = installation().bucket;
    const digests: Record<string, string> = {};
    let ContinuationToken: string | undefined;
    do {
      const page = await client.send(new ListObjectsV2Command({ Bucket, ContinuationToken }));
      for (const { Key } of page.Contents ?? []) {
        if (Key!.startsWith(".sterna/")) continue;
        const object = await client.send(new GetObjectCommand({ Bucket, Key }));
        digests[Key!] = sha256(await object.Body!.transformToByteArray());
      }
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken);
    client.destroy();
    return digests;
  }
});
