import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Forge, Proposal } from "../../../lib/pipelines/forge/forge";
import { proposePin } from "../../../lib/pipelines/forge/forge-jobs";
import type { Project } from "../../../lib/toolkit/project/project";
import type { SynthesizedSystem } from "../../../lib/promotion/plan/synthesized-steps";
import { scratchDirectory } from "../../support/repository";

describe("a pin that is asked for", () => {
  let top: string;
  const remote = () => join(top, "remote.git");
  const git = (...args: string[]) => execFileSync("git", args, { cwd: top, encoding: "utf8", stdio: "pipe" }).trim();
  beforeEach(() => {
    top = scratchDirectory("propose");
    git("init", "--quiet", "--bare", remote());
    git("init", "--quiet", "--initial-branch", "main");
    writeFileSync(join(top, "releases.json"), "{}");
    git("add", "releases.json");
    git("-c", "user.name=ana", "-c", "user.email=ana@example.org", "commit", "--quiet", "--message", "Start");
  });
  afterEach(() => rmSync(top, { recursive: true }));

  it("is one commit of releases.json, by nobody's account, which hooks for people neither stop nor see", async () => {
    // GIVEN
    mkdirSync(join(top, "hooks"));
    for (const hook of ["pre-commit", "commit-msg", "pre-push"]) {
      writeFileSync(join(top, "hooks", hook), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    }
    git("config", "core.hooksPath", join(top, "hooks"));
    writeFileSync(join(top, "releases.json"), '{ "shop": { "staging": "1.0.0" } }');
    const proposals: Proposal[] = [];
    const forge = {
      run: "https://example.org/run/1",
      remote: { url: remote(), variables: {} },
      propose: async (proposal: Proposal) => `https://example.org/${proposals.push(proposal)}`,
    } as unknown as Forge;

    // WHEN
    const url = await proposePin(
      { directory: top, pinsFile: join(top, "releases.json") } as Project,
      { system: "shop", environment: "staging", release: "1.0.0" } as SynthesizedSystem,
      forge,
      { PATH: process.env.PATH, GITHUB_ACTOR: "ana" },
    );

    // THEN
    expect(url).toBe("https://example.org/1");
    expect(proposals[0]).toMatchObject({ branch: "sterna/promote-shop-staging-1.0.0" });
    const format = "--format=%s by %ae";
    expect(git("--git-dir", remote(), "log", "-1", format, "sterna/promote-shop-staging-1.0.0")).toBe(
      "Promote shop in staging to 1.0.0 by sterna@noreply.invalid",
    );
  });
});
