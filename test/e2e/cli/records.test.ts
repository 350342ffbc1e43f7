import { afterEach, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { execa } from "execa";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { PromotionReport } from "../../../lib/promotion/promotion-report";
import { scriptStep, TestProject } from "../../cli/project";
import { expectExit } from "../../support/expect-exit";
import { repositoryRoot } from "../../support/repository";
import { requires } from "../../support/requirements";
import { terraformEnvironment } from "../../support/terraform-environment";
import { buildCli, startSterna, sterna } from "./sterna";

const PINS = { development: "1.0.0", staging: "1.0.0", production: "1.0.0" };
const RESOURCES = {
  terraform_data: { bucket: { input: { name: "shop-@environment@" } }, copy: { input: "${terraform_data.bucket.id}" } },
};

requires("terraform")("what no record of an apply tells of", () => {
  let project: TestProject;
  const run = (...args: string[]) => sterna(project.directory, args);
  const planned = async () => {
    const { status, stdout } = await run("plan", "shop", "production", "--json");
    const { report, error } = JSON.parse(stdout) as {
      report: PromotionReport;
      error?: { code: string; message: string };
    };
    return { status, counts: report.proof!.counts, error };
  };

  beforeAll(buildCli);
  beforeEach(() => {
    const steps = [scriptStep("one", "1.0.0")];
    project = new TestProject({ pins: PINS });
    project.define({ steps, provider: true, protected: ["production"], resources: RESOURCES });
  });
  afterEach(() => rmSync(project.directory, { recursive: true, force: true }));

  it("is proven after a catch-up where `cdktf deploy` applied staging; its steps are proven at once", async () => {
    // GIVEN
    const deployed = await execa(
      join(repositoryRoot, "node_modules/.bin/cdktf"),
      ["deploy", "shop-staging", "--auto-approve"],
      {
        cwd: project.directory,
        env: terraformEnvironment({
          CI: "1",
          CDKTF_SKIP_PROVIDER_LOCK: "true",
          CDKTF_DISABLE_PLUGIN_CACHE_ENV: "1",
        }),
        extendEnv: false,
        reject: false,
        stdin: "ignore",
      },
    );
    expectExit(deployed);

    // WHEN
    const before = await planned();

    // THEN
    expect(before).toMatchObject({ status: 3, counts: { PROVEN: 1, "ONLY-HERE": 2 } });
    expect(before.error?.message).toContain("sterna record shop staging");

    // WHEN
    expect(await run("record", "shop", "staging")).toMatchObject({ status: 0 });

    // THEN
    expect(await planned()).toMatchObject({ status: 2, counts: { PROVEN: 3, "ONLY-HERE": 0, DIFFERS: 0, MISSING: 0 } });
    expect((await run("record", "shop", "staging")).stdout).toContain("Nothing to record");
    expect(await run("apply", "shop", "production")).toMatchObject({ status: 0 });
  });

  it("is not recorded while a plan is not empty", async () => {
    const { status, stderr } = await run("record", "shop", "staging");

    expect(status).toBe(3);
    expect(stderr).toContain("error[PlanNotEmpty]");
    expect(existsSync(project.path(".sterna/records/shop-staging"))).toBe(false);
  });

  it("is recorded by the next command after an apply whose process was killed, and its plan counts as taken", async () => {
    // GIVEN
    const slow = scriptStep("one", "1.0.0");
    const up = 'sleep 4; echo up one >> "$WORLD"';
    const steps = [{ ...slow, program: { ...slow.program, up } as never }];
    project.define({ steps, provider: true, protected: ["production"], resources: RESOURCES });
    expect((await run("plan", "shop", "staging")).status).toBe(2);
    const applying = startSterna(project.directory, ["apply", "shop", "staging"]);
    const intents = project.path(".sterna/records/shop-staging/intents.json");
    for (let tries = 0; tries < 300 && !/"log"/.test(readIfThere(intents)); tries++) await sleep(100);
    await sleep(1_500);
    applying.kill("SIGKILL");
    await applying;
    const world = project.path("world-staging");
    for (let tries = 0; tries < 300 && !existsSync(world); tries++) await sleep(100);
    await sleep(3_000);

    // WHEN
    const resumed = await run("resume", "shop", "staging");

    // THEN
    expect(resumed.status).toBe(0);
    expect(resumed.stderr).toContain("planning again");
    expect(await planned()).toMatchObject({ status: 2, counts: { PROVEN: 3, "ONLY-HERE": 0 } });
  });

  it("is not taken away unseen: production names the record that proved it", async () => {
    // GIVEN
    expect((await run("apply", "shop", "staging", "--auto-approve")).status).toBe(0);
    expect((await run("apply", "shop", "production", "--auto-approve")).status).toBe(0);

    // WHEN the only record goes, with the head that would tell of it
    rmSync(project.path(".sterna/records/shop-staging/000001.json"));
    writeFileSync(project.path(".sterna/records/shop-staging/head.json"), '{"number":0,"digest":""}');

    // THEN
    const { status, stderr } = await run("plan", "shop", "production");
    expect(status).toBe(3);
    expect(stderr).toContain("error[RecordsBroken]");
  });
});

function readIfThere(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
