import { expect, it } from "@jest/globals";
import { execa } from "execa";
import { repositoryRoot } from "../support/repository";
import { requires } from "../support/requirements";

const FAULTS = 12;
const SEED = 4711;

requires("terraform", "postgres")("the chaos suite, in its shorter form", () => {
  it("a dozen random faults: nothing lost, nothing doubled in SQL, nothing in parallel, plain applies mend it", async () => {
    // WHEN
    const { stdout, stderr, exitCode } = await execa(
      process.execPath,
      ["--import", "tsx", "test/chaos/chaos.ts", "--faults", String(FAULTS), "--seed", String(SEED)],
      { cwd: repositoryRoot, reject: false },
    );

    // THEN
    if (exitCode !== 0) throw new Error(`exit status ${exitCode}\n${stderr}`);
    const result = JSON.parse(stdout) as Record<string, unknown>;
    expect(result).toMatchObject({ seed: SEED, violations: [], lost: 0, doubled: 0, parallel: 0 });
    expect((result.faults as { injected: number }).injected).toBeGreaterThanOrEqual(FAULTS);
    expect((result.steps as { sql: number }).sql).toBeGreaterThan(0);
    expect((result.steps as { command: number }).command).toBeGreaterThan(0);
  }, 600_000);
});
