import { expect, it } from "@jest/globals";
import { PassThrough } from "node:stream";
import { reportError } from "../../lib/cli/terminal/command";
import { Terminal } from "../../lib/cli/terminal/terminal";
import { SternaError } from "../../lib/core/errors";
import { maskEverywhere } from "../../lib/engine/secrets/redactor";

it.each([{ json: true }, { verbose: true }])("an error does not tell what was fetched, with %j", (options) => {
  // GIVEN
  maskEverywhere("canary-of-the-error");
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const terminal = new Terminal({ directory: "/", environment: {}, stdin, stdout, stderr }, options);
  const cause = new Error("canary-of-the-error is refused");

  // WHEN
  reportError(new SternaError("StepFailed", `it failed: ${cause.message}`, { cause }), terminal);

  // THEN
  const said = `${String(stdout.read() ?? "")}${String(stderr.read() ?? "")}`;
  expect(said).toContain("it failed: *** is refused");
  expect(said).not.toContain("canary");
});
