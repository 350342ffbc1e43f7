import { expect, it } from "@jest/globals";
import { tmpdir } from "node:os";
import { runProgram } from "../../lib/cli/secrets/run-program";

it.each<[string, string[], NodeJS.ProcessEnv, RegExp]>([
  ["the arguments", ["no-such-program", "--token=canary"], {}, /no such program on the PATH \(ENOENT\)$/],
  ["what is no program", [tmpdir(), "canary"], {}, /may not be executed \(EACCES\)$/],
  ["a variable that no process can have", ["true"], { TOKEN: "canary\0" }, /ERR_INVALID_ARG_VALUE$/],
])("does not repeat %s in the reason why a program does not start", async (_what, command, variables, reason) => {
  // WHEN
  const failed: unknown = await runProgram(command, tmpdir(), { PATH: process.env.PATH, ...variables }).catch(
    (error: unknown) => error,
  );

  // THEN
  expect(failed).toMatchObject({ code: "ProgramMissing", message: expect.stringMatching(reason) });
  expect((failed as Error).message).not.toContain("canary");
});
