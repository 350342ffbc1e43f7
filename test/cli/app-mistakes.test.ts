import { expect, test } from "@jest/globals";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Problem } from "../../lib/core/errors";
import { repositoryRoot } from "../support/repository";
import { TestProject } from "./project";
import { runCli } from "./run-cli";

/** An app with two mistakes in one construct, and one in a value object that stops it. */
const FAILING_APP = `
import { App } from "cdktf";
import { Construct } from "constructs";
import { Duration } from ${JSON.stringify(join(repositoryRoot, "lib/core/duration"))};
import { collect, report } from ${JSON.stringify(join(repositoryRoot, "lib/core/errors"))};

const one = new Construct(new App(), "one");
collect(one, () => {
  report(one, "InvalidStep", "no step");
  report(one, "InvalidGate", "no gate");
});
Duration.days(-1);
`;

test("the mistakes of an app get into the JSON of the command line, with their codes and places", async () => {
  // given
  const project = new TestProject({ pins: {} });
  project.write("cdktf.json", { app: "node --import tsx app.ts" });
  writeFileSync(project.path("app.ts"), FAILING_APP);

  // when
  const run = await runCli(project.directory, ["status", "--json"]);

  // then
  const { error } = run.json<{ error: { code: string; problems: Problem[] } }>();
  expect(run.status).toBe(1);
  expect(error.code).toBe("SynthesisFailed");
  expect(error.problems).toMatchObject([
    { code: "InvalidStep", constructPath: "one", location: expect.stringMatching(/^app\.ts:\d+:\d+$/) },
    { code: "InvalidGate", constructPath: "one" },
    { code: "InvalidDuration", message: expect.stringContaining("-1") },
  ]);
}, 120_000);
