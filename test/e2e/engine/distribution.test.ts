import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { execa } from "execa";
import { unzipSync } from "fflate";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { EngineWorkspace, worldStep } from "../../support/engine-workspace";
import { findProgram } from "../../../lib/core/find-program";
import { repositoryRoot, scratchRoot } from "../../support/repository";
import { requires } from "../../support/requirements";
import { expectExit } from "../../support/expect-exit";
import { unwrapped } from "../../support/unwrapped";

requires("terraform")("the provider, as it is delivered", () => {
  let workspace: EngineWorkspace;

  beforeEach(() => {
    workspace = EngineWorkspace.withFileLedger();
    workspace.configure([worldStep(workspace, "s1")]);
  });
  afterEach(() => workspace.remove());

  it("works where NODE_OPTIONS loads something that prints, and steps still get NODE_OPTIONS", async () => {
    // GIVEN
    const tracer = join(workspace.directory, "tracer.cjs");
    writeFileSync(tracer, 'console.log("tracer loaded");');
    workspace.configure([
      worldStep(workspace, "s1", { up: 'echo "$NODE_OPTIONS" >> "$WORLD"; echo "UP s1" >> "$WORLD"' }),
    ]);
    workspace.environment.NODE_OPTIONS = `--require ${tracer}`;

    // WHEN
    await workspace.init();
    const applied = await workspace.apply();

    // THEN
    expectExit(applied);
    expect(workspace.worldLines()).toEqual([`--require ${tracer}`, "UP s1"]);
  });

  it("says what is missing where there is no node", async () => {
    // GIVEN a PATH with everything that a shell needs, but no node
    const bin = join(workspace.directory, "bin");
    mkdirSync(bin);
    for (const program of ["sh", "dirname", "terraform"]) symlinkSync(findProgram(program)!, join(bin, program));
    await workspace.init();

    // WHEN
    const plan = await workspace.run(["plan"], { PATH: bin });

    // THEN
    expect(plan.exitCode).toBe(1);
    expect(unwrapped(plan.stderr)).toContain("sterna needs Node.js 20 or newer on the PATH of Terraform");
  });

  it("says which node is too old", async () => {
    // GIVEN a node that says it is 18
    const bin = join(workspace.directory, "bin");
    mkdirSync(bin);
    const pretend = 'Object.defineProperty(process.versions, "node", { value: "18.19.0" });';
    writeFileSync(join(workspace.directory, "old.cjs"), pretend);
    writeFileSync(
      join(bin, "node"),
      `#!/bin/sh\nexec "${process.execPath}" --require "${workspace.directory}/old.cjs" "$@"\n`,
      { mode: 0o755 },
    );
    await workspace.init();

    // WHEN
    const plan = await workspace.run(["plan"], { PATH: `${bin}:${process.env.PATH}` });

    // THEN
    expect(plan.exitCode).toBe(1);
    expect(unwrapped(plan.stderr)).toContain("sterna needs Node.js 20 or newer on the PATH; found");
  });

  it('works under a parent package.json of "type": "module"', async () => {
    // GIVEN
    writeFileSync(join(workspace.directory, "package.json"), '{"type":"module"}');

    // WHEN
    await workspace.init();
    const applied = await workspace.apply();

    // THEN
    expectExit(applied);
  });

  it("works with a temporary directory whose path is too long for a socket", async () => {
    // GIVEN
    const long = join(workspace.directory, "t".repeat(120));
    mkdirSync(long);
    await workspace.init();

    // WHEN
    const plan = await workspace.run(["plan", "-detailed-exitcode"], { TMPDIR: long });

    // THEN
    expectExit(plan, 2);
    expect(readdirSync(long)).toEqual([]);
  });

  it("leaves no socket behind", async () => {
    // GIVEN
    const sockets = mkdtempSync(join(tmpdir(), "st-"));
    await workspace.init();

    // WHEN
    await workspace.run(["plan"], { TMPDIR: sockets });

    // THEN
    await eventually(() => expect(readdirSync(sockets)).toEqual([]));
  });

  it("has one hash on all platforms, and lets two stacks share a plugin cache", async () => {
    // GIVEN
    const cache = join(workspace.directory, "cache");
    mkdirSync(cache);
    const other = EngineWorkspace.withFileLedger();
    try {
      other.configure([worldStep(other, "s1")]);

      // WHEN
      for (const stack of [workspace, other]) {
        stack.environment.TF_PLUGIN_CACHE_DIR = cache;
        await stack.init();
      }
      const applied = [await workspace.apply(), await other.apply(), await workspace.plan()];
      const mirror = `-fs-mirror=${join(workspace.directory, "terraform.d/plugins")}`;
      const lock = await workspace.run([
        "providers",
        "lock",
        mirror,
        "-platform=darwin_arm64",
        "-platform=linux_arm64",
      ]);

      // THEN
      expect(applied.map((run) => run.exitCode)).toEqual([0, 0, 0]);
      expect(unwrapped(lock.stdout)).toContain("already tracked");
      const hashes = readFileSync(join(workspace.directory, ".terraform.lock.hcl"), "utf8").match(/"h1:.*"/g);
      expect(hashes).toHaveLength(1);
    } finally {
      other.remove();
    }
  });

  it("is built byte for byte the same again", async () => {
    // GIVEN a copy of the sources at another path
    const copy = mkdtempSync(join(scratchRoot, "build-"));
    for (const part of ["bin", "lib", "scripts", "package.json", "tsconfig.json"]) {
      cpSync(join(repositoryRoot, part), join(copy, part), { recursive: true });
    }
    symlinkSync(join(repositoryRoot, "node_modules"), join(copy, "node_modules"));

    // WHEN
    await execa(process.execPath, ["scripts/build.mjs", "engine"], { cwd: copy, env: { TZ: "Pacific/Auckland" } });
    await execa(process.execPath, ["scripts/build.mjs", "engine"], { cwd: repositoryRoot });

    // THEN
    const zip = readdirSync(join(copy, "dist/engine"))[0]!;
    const digests = [copy, repositoryRoot].map((root) => contentsOf(readFileSync(join(root, "dist/engine", zip))));
    expect(digests[0]).toEqual(digests[1]);
    await execa("rm", ["-rf", copy]);
  });

  it("refuses to be started by hand, with a hint", async () => {
    // GIVEN
    await workspace.init();
    const installed = join(workspace.directory, ".terraform/providers/registry.terraform.io/sterna/sterna");
    const [version] = readdirSync(installed);
    const [platform] = readdirSync(join(installed, version!));

    // WHEN
    const started = await execa(join(installed, version!, platform!, `terraform-provider-sterna_v${version}`), {
      reject: false,
    });

    // THEN
    expect(started.exitCode).toBe(1);
    expect(unwrapped(started.stdout)).toContain("Terraform starts it");
    expect(existsSync(dirname(installed))).toBe(true);
  });
});

/** Polls until the assertion holds: a process may take a moment to end. */
async function eventually(assertion: () => void): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt++) {
    try {
      return assertion();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  assertion();
}

/** SHA-256 of a zip and of each of its files. */
function contentsOf(zip: Buffer): Record<string, string> {
  const digest = (data: Uint8Array) => createHash("sha256").update(data).digest("hex");
  const files = Object.entries(unzipSync(zip)).map(([name, data]) => [name, digest(data)] as const);
  return { zip: digest(zip), ...Object.fromEntries(files) };
}
