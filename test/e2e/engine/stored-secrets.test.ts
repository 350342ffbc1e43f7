import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ledgerConfig } from "../../../lib/manifest/ledger-config";
import { rotate } from "../../../lib/rotator/rotation";
import type { RotationSettings } from "../../../lib/rotator/settings";
import { preparePostgresSecret, rotationOf } from "../../rotator/postgres-secrets";
import { startSecretStore, type SecretStore } from "../../rotator/aws/secret-store";
import { Canaries } from "../../support/canaries";
import { EngineWorkspace, type StepInput } from "../../support/engine-workspace";
import { expectExit } from "../../support/expect-exit";
import { startPostgres, type PostgresServer } from "../../support/postgres";
import { requires } from "../../support/requirements";
import type { TerraformResult } from "../../support/terraform";

/** The environments differ in the name of the secret, so the program names a variable. */
const stored = (key?: string) =>
  ({ secret: { store: "aws", id: { variable: "SECRET" }, ...(key && { key }) } }) as const;
const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

requires(
  "terraform",
  "postgres",
  "moto_server",
)("steps, a ledger and a command that use a secret that rotates", () => {
  const canaries = new Canaries();
  let store: SecretStore;
  let postgres: PostgresServer;
  let workspace: EngineWorkspace;
  let secretId: string;
  let settings: RotationSettings;
  let run = 0;

  beforeAll(async () => {
    [store, postgres] = await Promise.all([startSecretStore(), startPostgres()]);
    ({ secretId, settings } = await preparePostgresSecret(store, postgres, "shop", "postgresAlternatingUsers"));
    await postgres.query(
      "grant create on database shop to shop_owner; grant all on schema public to shop_owner",
      "shop",
    );
    const ledger = { kind: "postgres", url: { secret: { store: "aws", id: secretId, key: "url" } }, schema: "steps" };
    workspace = new EngineWorkspace(ledgerConfig.parse(ledger), {
      ...store.environment,
      SHOP_URL: `{{resolve:secretsmanager:${secretId}:SecretString:url}}`,
    });
    workspace.configure(steps());
    expectExit(await workspace.init());
    await watch();
  });
  afterAll(async () => {
    await store?.stop();
    await postgres?.stop();
    workspace?.remove();
  });

  function steps(): StepInput[] {
    const tell = 'echo "telling $PASSWORD $URL"; env; printf %s "$PASSWORD" | sha256sum | cut -c1-64 >> "$WORLD"';
    const variables = { SECRET: secretId, WORLD: workspace.world };
    return [
      {
        id: "sql",
        program: {
          kind: "sql",
          // Without a key: a connection follows from the whole login.
          database: stored(),
          up: "create table orders (id int)",
          down: "drop table orders",
          verify: [{ query: "select current_user", expected: "shop_owner" }],
        },
        variables: { SECRET: secretId },
      },
      {
        id: "command",
        program: {
          kind: "command",
          environment: { PASSWORD: stored("password"), URL: { env: "SHOP_URL" }, WORLD: { variable: "WORLD" } },
          up: tell,
          down: tell,
          verify: [{ query: 'case "$URL" in *":$PASSWORD@"*) echo same;; esac', expected: "same" }],
        },
        variables,
      },
    ];
  }

  /** What Terraform said and logged stays in the workspace, to be searched. */
  async function keep(args: readonly string[]): Promise<TerraformResult> {
    const name = `run-${++run}`;
    const logging = { TF_LOG: "TRACE", TF_LOG_PATH: join(workspace.directory, `${name}.log`) };
    const result = await workspace.run(args, logging);
    writeFileSync(join(workspace.directory, `${name}.out`), result.stdout + result.stderr);
    return result;
  }

  async function watch(): Promise<string> {
    const { password } = await store.value(secretId);
    canaries.watch("password of the database", password!);
    return password!;
  }

  it("apply with the value of now, again after two rotations, and leave it nowhere", async () => {
    // WHEN
    const first = await watch();
    expectExit(await keep(["plan", "-no-color", "-out=first.tfplan"]));
    expectExit(await keep(["show", "-json", "first.tfplan"]));
    expectExit(await keep(["apply", "-no-color", "first.tfplan"]));

    // THEN
    expect(await workspace.ledgerRows()).toMatchObject({ command: "applied" });
    expect(workspace.worldLines()).toEqual([digest(first)]);

    // WHEN the login of the apply is gone
    for (let rotation = 0; rotation < 2; rotation++) {
      await rotate(rotationOf(store, secretId, settings));
      await watch();
    }

    // THEN
    expectExit(await keep(["plan", "-no-color", "-detailed-exitcode"]));

    // WHEN the programs that the ledger recorded are undone
    workspace.configure([]);
    expectExit(await keep(["apply", "-no-color", "-auto-approve"]));

    // THEN
    expect(await workspace.ledgerRows()).toEqual({});
    expect(workspace.worldLines()).toEqual([digest(first), digest(await watch())]);
    expect(await postgres.query("select to_regclass('orders') as orders", "shop")).toEqual([{ orders: null }]);
    expect(canaries.in(first)).not.toEqual([]);
    expect(canaries.under(workspace.directory)).toEqual([]);
  });

  it("say which key of which secret is missing, and what a failed command said, masked", async () => {
    // GIVEN
    const [, command] = steps();
    const program = command!.program as Extract<StepInput["program"], { kind: "command" }>;
    const fails = (id: string, change: object): StepInput => ({
      ...command!,
      id,
      after: [],
      program: { ...program, ...change },
    });
    workspace.configure([
      fails("no-key", { environment: { ...program.environment, PASSWORD: stored("passwort") } }),
      fails("no-success", { up: `${program.up}; exit 7` }),
    ]);

    // WHEN
    const { exitCode, stdout, stderr } = await keep(["apply", "-no-color", "-auto-approve"]);

    // THEN
    const said = (stdout + stderr).replace(/[\s│]+/g, " ");
    expect(exitCode).toBe(1);
    expect(said).toContain('Step "no-key" failed [SecretKeyMissing]');
    expect(said).toMatch(/secret shop has no key "passwort"; it has .*password/);
    expect(said).toMatch(/PASSWORD=\*\*\*/);
    expect(canaries.under(workspace.directory)).toEqual([]);
  });
});
