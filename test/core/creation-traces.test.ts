import { describe, expect, it } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { WITHOUT_CREATION_TRACES } from "../../lib/core/creation-traces";
import { repositoryRoot } from "../support/repository";

/** A token that an app makes after it loaded the library. */
const APP = `
  require(${JSON.stringify(join(repositoryRoot, "dist/lib/index.js"))});
  const { Lazy } = require("cdktf");
  console.log(JSON.stringify(Lazy.stringValue({ produce: () => "x" }) && Lazy.anyValue({ produce: () => 1 }).creationStack));
`;

function creationStack(environment: NodeJS.ProcessEnv): string[] {
  const printed = execFileSync(process.execPath, ["-e", APP], {
    cwd: repositoryRoot,
    env: { ...process.env, ...environment },
    encoding: "utf8",
  });
  return JSON.parse(printed) as string[];
}

describe("the call stacks that cdktf keeps of every element", () => {
  it("are kept where a person runs the app", () => {
    expect(creationStack({})).not.toEqual([]);
  });

  it("are not kept where sterna runs it", () => {
    expect(creationStack(WITHOUT_CREATION_TRACES)).toEqual([]);
  });
});
