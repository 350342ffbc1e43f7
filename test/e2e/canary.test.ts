import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join, relative } from "node:path";
import { escapeLiteral } from "pg";
import { type CanarySystem, SYSTEMS } from "../fixtures/canary/canary";
import { Canaries } from "../support/canaries";
import { startPostgres, type PostgresServer } from "../support/postgres";
import { repositoryRoot, scratchDirectory } from "../support/repository";
import { requires } from "../support/requirements";
import { terraform } from "../support/terraform";
import { buildCli, sterna } from "./cli/sterna";

requires("terraform", "postgres")("secrets that are planted in every input", () => {
  const canaries = new Canaries();
  let directory: string;
  let postgres: PostgresServer;
  let server: Server;
  let secrets: Record<string, string>;

  beforeAll(async () => {
    directory = scratchDirectory("canary");
    await buildCli();
    postgres = await startPostgres();
    server = createServer((request, response) => response.end(`you asked for ${request.url}`));
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    secrets = {
      AWS_SECRET_ACCESS_KEY: canaries.make("AWS_SECRET_ACCESS_KEY"),
      CANARY_API_KEY: canaries.make("environment of a command"),
      CANARY_PRIVATE_KEY: canaries.makeLines("private key of a command"),
      CANARY_SET_TOKEN: canaries.make("value that is set in the new .env"),
      CANARY_HOOK_URL: hookUrl(),
      CANARY_LEDGER_URL: await createDatabase("ledger", canaries.make("password of the ledger")),
    };
    writeProject();
  });
  afterAll(async () => {
    server?.close();
    await postgres?.stop();
    if (directory) rmSync(directory, { recursive: true, force: true });
  });

  describe.each(SYSTEMS)("the ledger of %s", (system) => {
    const stack = `${system}-development`;
    let environment: Record<string, string>;
    const artifacts = (name: string): string => join(directory, "artifacts", system, name);

    beforeAll(async () => {
      const password = canaries.make(`database password of ${system}`);
      const url = await createDatabase(system, password);
      await postgres.query(`create table settings as select ${escapeLiteral(password)} as password`, system);
      await postgres.query(`alter table settings owner to ${system.replace("-", "_")}`, system);
      environment = { ...secrets, CANARY_DATABASE_URL: url, TMPDIR: join(directory, "tmp") };
      mkdirSync(artifacts(""), { recursive: true });
      writeInstallation(system);
    });

    it("the inputs hold them, and the search finds them there", () => {
      expect(canaries.under(directory)).toEqual(
        expect.arrayContaining([`${installationOf(system)}/.env: value in the .env of ${system}`]),
      );
      for (const value of Object.values(secrets)) expect(canaries.in(value)).not.toEqual([]);
      expect(canaries.in(encodeURIComponent(secrets.CANARY_API_KEY!))).toEqual(["environment of a command"]);
      const basic = Buffer.from(`user:${secrets.CANARY_API_KEY}`).toString("base64");
      expect(canaries.in(basic)).toEqual(["environment of a command"]);
    });

    it("are in no artifact of a migration that works", async () => {
      // WHEN
      await run("plan", ["plan", system, "development", "--json"], 2);
      await keepPlan();
      await run("apply", ["apply", system, "development", "--verbose"]);
      await run("status", ["status", system, "--json"]);
      await run("status-steps", ["status", system, "--steps", "--verbose"]);
      await keepLedger("works");

      // THEN
      expect(leaks()).toEqual([]);
      expect(read("apply.terraform.log")).toMatch(/tell: telling \*\*\*/);
      expect(read("apply.terraform.log")).toMatch(/tell: AWS_SECRET_ACCESS_KEY=\*\*\*/);
      expect(canaries.in(readFileSync(join(directory, installationOf(system), ".env.v1")))).toHaveLength(2);
    });

    it("are in no artifact of steps that fail", async () => {
      // GIVEN
      pin(system, "2.0.0");

      // WHEN
      await run("failing-plan", ["plan", system, "development", "--verbose"], 2);
      await run("failing-apply", ["apply", system, "development", "--json", "--verbose"], 1);
      await terraformApply("failing-terraform");
      await run("failing-status", ["status", system, "--json", "--verbose"]);
      await keepLedger("fails");

      // THEN
      expect(leaks()).toEqual([]);
      const said = read("failing-terraform.out");
      expect(said).toContain("cannot log in with ***");
      expect(said).toMatch(/the command ended with exit status 7\s+[│\s]*again and again \*\*\*/);
      expect(said).toContain("you asked for /***/hook?token=***");
      for (const step of [
        "sql-fails",
        "sql-proves-nothing",
        "command-fails",
        "command-proves-nothing",
        "env-fails",
        "http-fails",
      ]) {
        expect(said).toContain(`Step "${step}" failed`);
      }
    });

    it("are in no artifact of a rollback", async () => {
      // WHEN
      await run("rollback", ["rollback", system, "development", "--to", "0.1.0", "--verbose"], 2);
      await keepPlan();
      await run("rollback-apply", ["apply", system, "development", "--verbose"]);
      await keepLedger("rolled-back");

      // THEN
      expect(leaks()).toEqual([]);
      expect(read("rollback-apply.terraform.log")).toMatch(/command-fails: telling \*\*\*/);
      expect(existsSync(join(directory, installationOf(system), ".env.v1"))).toBe(false);
    });

    /** Runs `sterna`, and keeps what it printed beside Terraform's log. */
    async function run(name: string, args: readonly string[], expected = 0): Promise<void> {
      const result = await sterna(directory, args, { ...environment, ...logging(name) });
      writeFileSync(artifacts(`${name}.out`), result.stdout + result.stderr);
      if (result.status !== expected)
        throw new Error(`exit status ${result.status}\n${result.stdout}\n${result.stderr}`);
      // The next command may leave another state, so each is kept.
      keepState(name);
    }

    async function terraformApply(name: string): Promise<void> {
      const options = { environment: { ...environment, ...logging(name) } };
      const { stdout, stderr } = await terraform(stackFolder(), ["apply", "-auto-approve"], options);
      writeFileSync(artifacts(`${name}.out`), stdout + stderr);
      keepState(name);
    }

    async function keepPlan(): Promise<void> {
      const plan = join(directory, `.sterna/plans/${stack}.tfplan`);
      copyFileSync(plan, artifacts("saved.tfplan"));
      const shown = await terraform(stackFolder(), ["show", "-json", plan], { environment });
      expect(shown.exitCode).toBe(0);
      writeFileSync(artifacts("plan.json"), shown.stdout);
    }

    function keepState(name: string): void {
      const state = join(stackFolder(), "terraform.tfstate");
      if (existsSync(state)) copyFileSync(state, artifacts(`${name}.tfstate`));
    }

    async function keepLedger(name: string): Promise<void> {
      for (const database of [system, "ledger"]) {
        const [found] = await postgres.query<{ name: string | null }>(
          "select to_regclass('sterna.ledger') as name",
          database,
        );
        const rows = found!.name === null ? [] : await postgres.query("select * from sterna.ledger", database);
        writeFileSync(artifacts(`${name}-${database}.rows.json`), JSON.stringify(rows));
      }
      const files = join(directory, ".sterna/ledger");
      if (existsSync(files)) cpSync(files, artifacts(`${name}-ledger`), { recursive: true });
    }

    const logging = (name: string) => ({ TF_LOG: "TRACE", TF_LOG_PATH: artifacts(`${name}.terraform.log`) });
    const read = (name: string): string => readFileSync(artifacts(name), "utf8");
    const stackFolder = (): string => join(directory, "cdktf.out/stacks", stack);
  });

  const installationOf = (system: CanarySystem): string => join("installations", system);

  /** Every secret in everything that the project's folder holds by now, but for the inputs. */
  function leaks(): string[] {
    const inputs = SYSTEMS.flatMap((system) => [".env", ".env.v1"].map((name) => join(installationOf(system), name)));
    return canaries.under(directory, inputs);
  }

  /** A role and a database of its own name. @returns the URL */
  async function createDatabase(name: string, password: string): Promise<string> {
    const role = name.replace("-", "_");
    await postgres.query(`create role ${role} login password ${escapeLiteral(password)}`);
    const url = new URL(await postgres.createDatabase(name));
    await postgres.query(`alter database "${name}" owner to ${role}`);
    await postgres.query(`alter schema public owner to ${role}`, name);
    url.username = role;
    url.password = encodeURIComponent(password);
    return url.href;
  }

  function hookUrl(): string {
    const { port } = server.address() as AddressInfo;
    const [path, token] = [canaries.make("path of a URL"), canaries.make("token of a URL")].map(encodeURIComponent);
    return `http://127.0.0.1:${port}/${path}/hook?token=${token}`;
  }

  function writeProject(): void {
    const app = relative(directory, join(repositoryRoot, "test/fixtures/canary/app.ts"));
    const variables = Object.fromEntries(
      SYSTEMS.map((system) => {
        const installation = join(directory, installationOf(system));
        return [
          system,
          {
            DOCUMENTS: join(installation, "documents"),
            ENV_FILE: join(installation, ".env"),
            ENV_FILE_V1: join(installation, ".env.v1"),
          },
        ];
      }),
    );
    mkdirSync(join(directory, "tmp"));
    writeJson("cdktf.json", { language: "typescript", app: `node --import tsx ${app}` });
    writeJson("environments.json", { environments: [{ name: "development", variables }] });
    writeJson("releases.json", Object.fromEntries(SYSTEMS.map((system) => [system, { development: "1.0.0" }])));
  }

  function writeInstallation(system: CanarySystem): void {
    const installation = join(directory, installationOf(system));
    mkdirSync(join(installation, "documents"), { recursive: true });
    writeFileSync(join(installation, "documents/one.json"), '{"id":"one"}');
    const secret = canaries.make(`value in the .env of ${system}`);
    writeFileSync(join(installation, ".env"), `NAME=canary\nOLD_SECRET='${secret}'\n`, { mode: 0o600 });
  }

  function pin(system: CanarySystem, release: string): void {
    const pins = JSON.parse(readFileSync(join(directory, "releases.json"), "utf8")) as Record<string, object>;
    writeJson("releases.json", { ...pins, [system]: { development: release } });
  }

  function writeJson(name: string, content: unknown): void {
    writeFileSync(join(directory, name), `${JSON.stringify(content, undefined, 2)}\n`);
  }
});
