import { afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { appendFileSync, chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findProgram } from "../../../lib/core/find-program";
import { attachableProviders } from "../../../lib/toolkit/terraform/installed-providers";
import { WarmProviders } from "../../../lib/toolkit/terraform/warm-providers";
import { scriptStep, TestProject } from "../../cli/project";
import { killIn, processesIn, quiet } from "../../support/processes";
import { requires } from "../../support/requirements";
import { terraformEnvironment } from "../../support/terraform-environment";
import { buildCli, startSterna, sterna } from "./sterna";

const PINS = { development: "1.0.0", staging: "0.1.0", production: "0.1.0" };
const STEPS = [scriptStep("one", "1.0.0"), scriptStep("two", "1.0.0", { after: ["one"] })];
const WARNING = { severity: "warning", summary: "Unmanaged providers are in effect", detail: "sterna/sterna" };

requires("terraform")("providers that are attached to Terraform", () => {
  let project: TestProject;
  let stack: string;
  let temporary: string;
  let environment: Record<string, string>;

  beforeAll(buildCli);
  beforeEach(async () => {
    project = new TestProject({ pins: PINS, steps: STEPS, provider: true });
    stack = project.path("cdktf.out/stacks/shop-development");
    // Short: a socket's path has at most 104 bytes.
    temporary = join(tmpdir(), `warm-${process.pid}`);
    mkdirSync(temporary, { recursive: true });
    environment = { TMPDIR: temporary, TERRAFORM_BINARY_NAME: writeWrapper() };
    await run("plan", 2);
  });
  afterEach(async () => {
    await quiet(stack);
    rmSync(project.directory, { recursive: true, force: true });
    rmSync(temporary, { recursive: true, force: true });
  });

  /** A Terraform that says how it was called, warns as a newer one does, and waits on request. */
  function writeWrapper(): string {
    const wrapper = project.path("terraform-wrapper");
    const warning = JSON.stringify({ type: "diagnostic", "@message": "Warning", diagnostic: WARNING });
    writeFileSync(
      wrapper,
      `#!/bin/sh
echo "$1\${TF_REATTACH_PROVIDERS:+ attached}" >> '${project.path("calls")}'
if [ "$1" = plan ] && [ -n "$TF_REATTACH_PROVIDERS" ]; then
  echo '${warning}'
  : > '${project.path("planning")}'
  while [ -e '${project.path("wait")}' ]; do sleep 0.05; done
fi
exec '${findProgram("terraform", process.env)}' "$@"
`,
    );
    chmodSync(wrapper, 0o755);
    return wrapper;
  }

  async function run(command: "plan" | "apply", expected: number) {
    rmSync(project.path("calls"), { force: true });
    const result = await sterna(project.directory, [command, "shop", "development"], environment);
    expect({ ...result, status: result.status }).toMatchObject({ status: expected });
    return result;
  }
  const calls = () => readFileSync(project.path("calls"), "utf8").trim().split("\n");
  const sockets = () => readdirSync(temporary).filter((name) => name.startsWith("sterna-provider-"));

  /** Starts a plan, and comes back when Terraform is about to use the provider. */
  async function planUntilAttached() {
    writeFileSync(project.path("wait"), "");
    rmSync(project.path("planning"), { force: true });
    rmSync(project.path("calls"), { force: true });
    const planning = startSterna(project.directory, ["plan", "shop", "development"], environment);
    while (!existsSync(project.path("planning"))) await sleep(20);
    // Not the promise alone, which would be waited for.
    return { planning };
  }

  it("serve every plan and its reading, never an init or an apply, and leave nothing behind", async () => {
    // THEN: the first plan, made before each test
    expect(calls()).toEqual(["init", "plan attached", "show attached"]);
    expect(sockets()).toEqual([]);

    // WHEN: that plan is applied
    const applied = await run("apply", 0);

    // THEN
    expect(calls()).toEqual(["show attached", "apply"]);
    expect(applied.stdout).toContain("2 steps done");
    expect(readFileSync(project.path("world-development"), "utf8")).toBe("up one\nup two\n");

    // WHEN: nothing is left to do
    const empty = await run("plan", 0);

    // THEN: the plan need not be read
    expect(calls()).toEqual(["plan attached"]);
    expect(empty.stdout).toContain("Nothing to do");
    expect(empty.stdout + empty.stderr).not.toContain("Unmanaged");

    // WHEN: an apply plans by itself
    await run("apply", 0);

    // THEN
    expect(calls().slice(-1)).toEqual(["apply"]);
    expect(sockets()).toEqual([]);
  });

  it("are replaced by Terraform's own when one dies during the plan", async () => {
    // GIVEN
    const { planning } = await planUntilAttached();

    // WHEN
    expect(killIn(stack, ["provider"])).toBe(1);
    rmSync(project.path("wait"));

    // THEN
    const { exitCode, stdout } = await planning;
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 2, stdout: expect.stringContaining("Ready to apply") });
    expect(calls()).toEqual(["plan attached", "plan", "show"]);
    expect(sockets()).toEqual([]);
  });

  it.each(["SIGINT", "SIGKILL"] as const)("end with the command line on %s", async (signal) => {
    // GIVEN
    const { planning } = await planUntilAttached();
    expect(processesIn(stack).filter(({ role }) => role === "provider")).toHaveLength(1);
    const [folder] = sockets();
    expect(statSync(join(temporary, folder!)).mode & 0o777).toBe(0o700);

    // WHEN
    planning.kill(signal);
    await planning;
    rmSync(project.path("wait"));

    // THEN
    await quiet(stack);
    expect(sockets()).toEqual([]);
  });

  it("are not started when their files are not those of the lock file", async () => {
    // GIVEN
    const [engine] = readdirSync(stack, { recursive: true, encoding: "utf8" }).filter(
      (name) => name.startsWith(".terraform/") && name.endsWith("engine.cjs"),
    );
    appendFileSync(
      join(stack, engine!),
      `\nrequire("fs").writeFileSync(${JSON.stringify(project.path("ran"))}, "");\n`,
    );

    // WHEN
    const { stderr } = await run("plan", 1);

    // THEN
    expect(stderr).toContain("error[ProviderChanged]");
    expect(stderr).toContain(dirname(join(stack, engine!)));
    expect(existsSync(project.path("ran"))).toBe(false);
    expect(existsSync(project.path("calls"))).toBe(false);
  });

  describe("used by a program", () => {
    const terraform = (variables: NodeJS.ProcessEnv) =>
      execFileSync("terraform", ["plan", "-no-color"], {
        cwd: stack,
        env: { ...terraformEnvironment(environment), ...variables },
        encoding: "utf8",
      });

    it("serve several plans from one process", async () => {
      // GIVEN
      const warm = await WarmProviders.start(stack, terraformEnvironment(environment));
      try {
        // WHEN
        const plans = [terraform(warm!.variables), terraform(warm!.variables)];

        // THEN
        for (const plan of plans) expect(plan).toContain("Plan: 2 to add");
        expect(warm!.ended).toBe(false);
      } finally {
        await warm!.stop();
      }
      expect(sockets()).toEqual([]);
    });

    it("are left to Terraform where it must start one for each configuration, or shows their log", async () => {
      // GIVEN
      const variables = terraformEnvironment(environment);
      const file = join(stack, "cdk.tf.json");
      const content = JSON.parse(readFileSync(file, "utf8"));
      expect(attachableProviders(stack, join(stack, ".terraform"))).toMatchObject([
        { address: "registry.terraform.io/sterna/sterna" },
      ]);

      // THEN
      for (const name of ["TF_LOG", "TF_REATTACH_PROVIDERS"])
        expect(await WarmProviders.start(stack, { ...variables, [name]: "x" })).toBeUndefined();
      expect(await WarmProviders.start(stack, { ...variables, STERNA_WARM_PROVIDERS: "0" })).toBeUndefined();

      // WHEN
      content.provider.sterna.push({ ...content.provider.sterna[0], alias: "other" });
      writeFileSync(file, JSON.stringify(content));

      // THEN
      expect(await WarmProviders.start(stack, variables)).toBeUndefined();
      expect(terraform({})).toContain("Plan: 2 to add");
    });
  });
});
