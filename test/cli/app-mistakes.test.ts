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

test("an error of another package gets the line of the project, and the code and cure where it is a known one", async () => {
  // given
  const project = new TestProject({ pins: {} });
  project.write("cdktf.json", { app: "node --import tsx app.ts" });
  const write = (line: string) => {
    const imports = `import ${JSON.stringify(join(repositoryRoot, "lib/index"))};\nimport { Construct } from "constructs";`;
    writeFileSync(project.path("app.ts"), `${imports}\nconst root = new Construct(undefined as never, "");\n${line}\n`);
  };

  // when
  write("(root as never as { nothing(): void }).nothing();");
  const unknown = await runCli(project.directory, ["validate", "--json"]);
  write('for (const id of ["a", "a"]) new Construct(root, id);');
  const known = await runCli(project.directory, ["validate", "--json"]);

  // then
  expect(unknown.json()).toMatchObject({
    error: {
      code: "SynthesisFailed",
      message: expect.stringMatching(/TypeError: .*nothing is not a function \(app\.ts:4:\d+\)/),
      problems: [{ code: "AppFailed", location: expect.stringMatching(/^app\.ts:4:\d+$/) }],
    },
  });
  expect(known.json()).toMatchObject({
    error: {
      message: expect.stringMatching(/\[DuplicateConstruct\] .*give one of them another id \(app\.ts:4:\d+\)/),
      problems: [{ code: "DuplicateConstruct", location: expect.stringMatching(/^app\.ts:4:\d+$/) }],
    },
  });
}, 120_000);
