import { CreateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { DataAwsSecretsmanagerSecret } from "@cdktf/provider-aws/lib/data-aws-secretsmanager-secret";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { App, LocalBackend, TerraformStack, TerraformVariable } from "cdktf";
import { unzipSync } from "fflate";
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Duration } from "../../lib/core/duration";
import { RotatingSecret } from "../../lib/aws/secrets/rotating-secret";
import type { RotatingSecretProps } from "../../lib/aws/secrets/rotating-secret-props";
import { RotationStrategy } from "../../lib/secrets/rotation-strategy";
import { SETTINGS_VARIABLE } from "../../lib/rotator/settings";
import { logsIn } from "../rotator/postgres-secrets";
import { startSecretStore, type AwsSecretStore } from "../rotator/aws/secret-store";
import { Canaries } from "../support/canaries";
import { startPostgres, type PostgresServer } from "../support/postgres";
import { repositoryRoot, scratchDirectory } from "../support/repository";
import { requires } from "../support/requirements";
import type { RotationEvent } from "../support/strict-secrets-manager";
import { terraform } from "../support/terraform";
import { sterna, buildCli } from "./cli/sterna";

const SETTINGS_IN_FILE = ["secrets", "rotate", "database", "--settings", "rotation.json"];

requires(
  "terraform",
  "aws_provider",
  "moto_server",
  "postgres",
)("rotating secrets, with the real AWS provider and the function as it is delivered", () => {
  const canaries = new Canaries();
  let store: AwsSecretStore;
  let postgres: PostgresServer;
  let directory: string;
  let adminSecret: string;
  let settings: string;
  let commandOfAlarm: string[];
  let environment: Record<string, string>;
  const failures: unknown[] = [];

  beforeAll(async () => {
    directory = scratchDirectory("rotating-secret");
    await promisify(execFile)(process.execPath, ["scripts/build.mjs", "rotator"], { cwd: repositoryRoot });
    await buildCli();
    [store, postgres] = await Promise.all([startSecretStore({ invoke }), startPostgres()]);
    const admin = new URL(await postgres.createDatabase("r3mes"));
    const SecretString = JSON.stringify({ username: admin.username, password: admin.password });
    const created = await store.client.send(new CreateSecretCommand({ Name: "admin", SecretString }));
    adminSecret = created.ARN!;
    environment = { ...store.environment, TF_VAR_first: JSON.stringify({ value: canaries.make("first value") }) };
    mkdirSync(join(directory, "function"));
    const zip = unzipSync(readFileSync(join(repositoryRoot, "dist/rotator/rotator.zip")));
    for (const [name, content] of Object.entries(zip)) writeFileSync(join(directory, "function", name), content);
    settings = synthesize();
    writeFileSync(join(directory, "rotation.json"), settings);
    // The app is synthesized already.
    writeFileSync(join(directory, "cdktf.json"), JSON.stringify({ app: "node -e 0", output: "out" }));
  });
  afterAll(async () => {
    await store?.stop();
    await postgres?.stop();
    if (directory) rmSync(directory, { recursive: true, force: true });
  });

  test("an apply makes no value, five rotations later a plan is empty, and no artifact holds a value", async () => {
    // WHEN
    expect(await run("init")).toMatchObject({ exitCode: 0 });
    expect(await run("plan", "-out=first.tfplan")).toMatchObject({ exitCode: 0 });
    expect(await run("apply", "first.tfplan")).toMatchObject({ exitCode: 0, stderr: "" });
    await store.strict.rotated();

    // THEN the first rotation made a value that works
    const passwords = [await requireLogin()];
    expect((await store.value("database")).username).toBe("r3mes");
    expect(canaries.in(Buffer.from((await store.value("key", "sterna-first")).value!))).toEqual(["first value"]);

    // WHEN
    for (let rotation = 0; rotation < 5; rotation++) {
      // Once with the settings in Terraform's state: reading it starts Terraform and the AWS provider.
      const command = rotation === 0 ? commandOfAlarm : SETTINGS_IN_FILE;
      const rotated = await sterna(directory, [...command, "--json"], environment);
      expect(rotated).toMatchObject({ status: 0 });
      expect(JSON.parse(rotated.stdout)).toMatchObject({ secret: "database", resumed: false });
      passwords.push(await requireLogin());
      writeFileSync(join(directory, `rotated-${rotation}.log`), rotated.stdout + rotated.stderr);
    }

    // THEN
    expect(new Set(passwords).size).toBe(6);
    expect(await run("plan", "-detailed-exitcode", "-out=second.tfplan")).toMatchObject({ exitCode: 0 });
    expect(await run("apply", "-auto-approve")).toMatchObject({ exitCode: 0 });
    await store.strict.rotated();
    expect((await store.value("database")).password).toBe(passwords.at(-1));
    for (const plan of ["first", "second"]) {
      writeFileSync(join(directory, `${plan}.json`), (await run("show", "-json", `${plan}.tfplan`)).stdout);
    }
    for (const password of passwords) canaries.watch("password of the database", password);
    expect(canaries.under(directory)).toEqual([]);
  }, 420_000);

  test("an edit of the window waits for the next one, and so does going back to what the secret was created with", async () => {
    const { password } = await store.value("database");
    for (const window of [Duration.hours(2), Duration.hours(3)]) {
      // WHEN
      synthesize({ window });
      const plan = await run("plan");
      expect(await run("apply", "-auto-approve")).toMatchObject({ exitCode: 0, stderr: "" });
      await store.strict.rotated();

      // THEN
      expect(plan.stdout).toMatch(/duration +=/);
      expect((await store.value("database")).password).toBe(password);
      expect(await run("plan", "-detailed-exitcode")).toMatchObject({ exitCode: 0 });
    }
    // Secrets Manager tests the function after each edit.
    expect(failures).toEqual([]);
  }, 420_000);

  function synthesize(props: Partial<RotatingSecretProps> = {}): string {
    const app = new App({ outdir: join(directory, "out") });
    const stack = new TerraformStack(app, "secrets");
    new LocalBackend(stack, { path: join(directory, "terraform.tfstate") });
    new AwsProvider(stack, "aws", { region: "us-east-1" });
    const shared = { acknowledge: { DestroyWithoutReason: "the test is over" }, recoveryWindow: Duration.days(0) };
    new RotatingSecret(stack, "database", {
      ...shared,
      ...props,
      secretName: "database",
      strategy: RotationStrategy.postgresAlternatingUsers({
        host: "127.0.0.1",
        port: postgres.port,
        database: "r3mes",
        username: "r3mes",
        // The settings refer to it, so a rotation by hand finds them in Terraform's state.
        adminSecret: new DataAwsSecretsmanagerSecret(stack, "admin", { name: "admin" }).arn,
        acknowledge: { PlaintextWithoutReason: "the server of the test is on loopback" },
      }),
    });
    const first = new TerraformVariable(stack, "first", { sensitive: true });
    // Else a saved plan holds it: https://developer.hashicorp.com/terraform/language/values/variables#ephemeral
    first.addOverride("ephemeral", true);
    new RotatingSecret(stack, "key", {
      ...shared,
      secretName: "key",
      strategy: RotationStrategy.randomValue(),
      initialValue: first.stringValue,
    });
    app.synth();
    const { resource } = JSON.parse(readFileSync(join(directory, "out/stacks/secrets/cdk.tf.json"), "utf8")) as {
      resource: {
        aws_lambda_function: Record<string, { environment: { variables: Record<string, string> } }>;
        aws_cloudwatch_metric_alarm: Record<string, { alarm_description: string }>;
      };
    };
    const [alarm] = Object.values(resource.aws_cloudwatch_metric_alarm);
    commandOfAlarm = /: sterna (.*)$/.exec(alarm!.alarm_description)![1]!.split(" ");
    const [rotator] = Object.values(resource.aws_lambda_function);
    return rotator!.environment.variables[SETTINGS_VARIABLE]!.replace(/\$\{[^}]+\}/, adminSecret);
  }

  /** AWS Lambda: the delivered bundle in a process of its own, with the variables of its function. */
  async function invoke(event: RotationEvent): Promise<void> {
    if (event.SecretId.includes(":key")) return;
    const call =
      "require('./index.js').handler(JSON.parse(process.env.EVENT)).catch((e) => { console.error(e); process.exit(1); })";
    try {
      await promisify(execFile)(process.execPath, ["-e", call], {
        cwd: join(directory, "function"),
        env: {
          PATH: process.env.PATH,
          ...store.environment,
          [SETTINGS_VARIABLE]: settings,
          EVENT: JSON.stringify(event),
        },
      });
    } catch (error) {
      failures.push(error);
      throw error;
    }
  }

  async function requireLogin(): Promise<string> {
    const login = await store.value("database");
    expect(await logsIn(login)).toBe(true);
    return login.password!;
  }

  function run(...args: string[]) {
    return terraform(join(directory, "out/stacks/secrets"), args, { environment });
  }
});
