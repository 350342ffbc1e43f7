import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { once } from "node:events";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startSecretStore, type AwsSecretStore } from "../../rotator/aws/secret-store";
import { Canaries } from "../../support/canaries";
import { scratchDirectory } from "../../support/repository";
import { requires } from "../../support/requirements";
import { buildCli, startSterna, sterna } from "./sterna";

requires("moto_server")("sterna secrets run", () => {
  const canaries = new Canaries();
  const secret = canaries.make("value of the secret");
  let store: AwsSecretStore;
  let directory: string;

  beforeAll(async () => {
    directory = scratchDirectory("secrets-run");
    [store] = await Promise.all([startSecretStore(), buildCli()]);
    await store.create("shop/production", JSON.stringify({ url: secret }));
    writeFileSync(
      join(directory, ".env"),
      `LEVEL=info\nURL='{{resolve:secretsmanager:shop/production:SecretString:url}}'\nNAME=of the file\n`,
    );
  });
  afterAll(async () => {
    await store?.stop();
    if (directory) rmSync(directory, { recursive: true, force: true });
  });

  const run = (...command: string[]) =>
    sterna(directory, ["secrets", "run", "--variables", ".env", "--", ...command], {
      ...store.environment,
      NAME: "of the process",
      INHERITED: "{{resolve:secretsmanager:shop/production:SecretString:url}}",
    });
  const node = (script: string, ...args: string[]) => run(process.execPath, "-e", script, ...args);

  it("gives a program the values, and leaves them nowhere", async () => {
    // WHEN
    const { status, stdout, stderr } = await node(
      "process.stdout.write(JSON.stringify([process.env.URL, process.env.INHERITED, process.env.LEVEL, process.env.NAME]))",
    );

    // THEN
    expect([status, canaries.in(stderr)]).toEqual([0, []]);
    expect(JSON.parse(stdout)).toEqual([secret, secret, "info", "of the file"]);
    expect(readdirSync(directory)).toEqual([".env"]);
    expect(canaries.under(directory)).toEqual([]);
  });

  it("passes arguments on as they are: no shell reads them, and no option of a program is one of sterna", async () => {
    const { stdout } = await node(
      "process.stdout.write(JSON.stringify(process.argv.slice(1)))",
      "$URL",
      "a b",
      "--json",
    );
    expect(JSON.parse(stdout)).toEqual(["$URL", "a b", "--json"]);
  });

  it("ends as the program ends", async () => {
    expect((await node("process.exit(7)")).status).toBe(7);
    expect((await node("process.kill(process.pid, 'SIGKILL')")).status).toBe(137);
  });

  it.each(["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const)("passes %s on", async (signal) => {
    // GIVEN
    const script = `process.on("${signal}", () => { console.log("got it"); process.exit(3); }); console.log("waits"); setInterval(() => {}, 1000);`;
    const child = startSterna(directory, ["secrets", "run", "--", process.execPath, "-e", script]);
    await once(child.stdout, "data");

    // WHEN
    child.kill(signal);

    // THEN
    const { exitCode, stdout } = await child;
    expect([exitCode, stdout]).toEqual([3, "waits\ngot it"]);
  });

  it("starts nothing when a value is missing, and says which", async () => {
    // GIVEN
    writeFileSync(join(directory, "broken.env"), "TOKEN={{resolve:secretsmanager:shop/none}}\n");

    // WHEN
    const started = await sterna(
      directory,
      ["secrets", "run", "--variables", "broken.env", "--", process.execPath, "-e", "console.log('started')"],
      store.environment,
    );

    // THEN
    expect([started.status, started.stdout]).toEqual([1, ""]);
    expect(started.stderr).toMatch(/error\[SecretMissing\]: TOKEN: secret shop\/none/);
    expect((await run("no-such-program")).stderr).toMatch(/error\[ProgramMissing\].*no-such-program/s);
  });
});
