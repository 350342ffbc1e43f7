import { afterEach, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { requires } from "../../support/requirements";
import { scriptStep, TestProject } from "../../cli/project";
import { buildCli, sterna, startSterna } from "./sterna";
import { unwrapped } from "../../support/unwrapped";

const SECRET = "correct-horse-battery";

requires("terraform")("a step that takes long", () => {
  let project: TestProject;

  beforeAll(buildCli);
  beforeEach(() => {
    const pins = { development: "1.0.0", staging: "0.1.0", production: "0.1.0" };
    project = new TestProject({ pins });
  });
  afterEach(() => rmSync(project.directory, { recursive: true, force: true }));

  function define(up: string): void {
    const { program, ...step } = scriptStep("load", "1.0.0");
    const environment = { PASSWORD: { env: "PASSWORD" }, WORLD: { variable: "WORLD" } };
    project.define({ steps: [{ ...step, program: { ...program, environment, up } as never }], provider: true });
  }

  it("tells how far it is, to the apply and to whoever follows it, and leaves a log", async () => {
    // GIVEN
    // Longer than both take to look twice; however slow the machine, it goes on until the other one has seen it.
    const part = 'echo "part $n of 14 $PASSWORD"; n=$((n + 1)); sleep 1';
    define(`n=1; while [ $n -le 14 ] || [ ! -e "$WORLD.seen" ]; do ${part}; done; echo up load >> "$WORLD"`);
    const log = project.path(".sterna/logs/shop-development/load.log");

    // WHEN
    const applying = startSterna(project.directory, ["apply", "shop", "development", "--auto-approve"], {
      PASSWORD: SECRET,
    });
    while (!existsSync(log)) {
      const ended = await Promise.race([applying, sleep(100)]);
      if (ended !== undefined) throw new Error(`the step did not begin:\n${ended.stderr}`);
    }
    const following = startSterna(project.directory, ["status", "shop", "--follow"]);
    let followed = "";
    following.stderr.on("data", (bytes: Buffer) => {
      followed += bytes.toString();
      if (followed.includes("load running, part")) writeFileSync(project.path("world-development.seen"), "");
    });
    const [apply, follow] = await Promise.all([applying, following]);

    // THEN
    expect(apply.exitCode).toBe(0);
    expect(apply.stderr).toMatch(/… load still running, part \d+ of 14 \*\*\*, \d+ s/);
    expect(follow.exitCode).toBe(0);
    expect(follow.stderr).toMatch(/shop development: load running, part \d+ of 14 \*\*\*, \d+ s/);
    expect(unwrapped(follow.stderr)).toContain("✓ shop development: load applied");
    expect(unwrapped(follow.stdout)).toContain("1/1 applied");
    expect(statSync(log).mode & 0o777).toBe(0o600);
    expect(readFileSync(log, "utf8")).toMatch(/begins\n[\s\S]*part 1 of 14 \*\*\*\n[\s\S]*part 14 of 14[\s\S]*ends\n$/);
    expect(readFileSync(log, "utf8") + apply.stdout + apply.stderr + follow.stderr).not.toContain(SECRET);
  });

  it("names its log when it fails", async () => {
    define("echo no space left; exit 4");

    const apply = await sterna(project.directory, ["apply", "shop", "development", "--auto-approve"], {
      PASSWORD: SECRET,
    });

    expect(unwrapped(apply.stderr)).toContain("All that it said: .sterna/logs/shop-development/load.log");
    expect(readFileSync(project.path(".sterna/logs/shop-development/load.log"), "utf8")).toContain("no space left");
  });
});
