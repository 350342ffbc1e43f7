import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { LedgerReading } from "../../lib/toolkit/ledgers/read-ledgers";
import { Terminal } from "../../lib/cli/terminal/terminal";
import { watchLedgers } from "../../lib/toolkit/terraform/apply-plan";
import { ApplyProgress } from "../../lib/toolkit/terraform/apply-progress";
import type { PlanSummary } from "../../lib/promotion/plan/plan-summary";

const ADDRESS = "sterna_step.load";

describe("an apply whose step waits for another run", () => {
  let logs: string;

  beforeEach(() => {
    logs = mkdtempSync(join(tmpdir(), "sterna-waiting-"));
  });
  afterEach(() => rmSync(logs, { recursive: true, force: true }));

  /** @returns the line about the step, as Terraform's sign of life makes it */
  async function lineAbout(): Promise<string> {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const terminal = new Terminal({ directory: "/", environment: {}, stdin, stdout, stderr }, {});
    const step = { address: ADDRESS, id: "load", release: "1.0.0", action: "run" };
    const summary = { steps: [step], rollbacks: [] } as unknown as PlanSummary;
    const progress = new ApplyProgress(summary, terminal);
    const hook = (seconds: number) => ({ action: "create", resource: { addr: ADDRESS }, elapsed_seconds: seconds });
    progress.onEvent({ type: "apply_start", time: Date.now() - 10_000, hook: hook(0) } as never);
    const stop = watchLedgers(progress, async () => ({ rows: new Map(), unreadable: [] }) as LedgerReading, logs);
    await sleep(1_500);
    await stop();
    stderr.read();
    progress.onEvent({ type: "apply_progress", time: Date.now(), hook: hook(10) } as never);
    return String(stderr.read() ?? "").trim();
  }

  it("says for whom", async () => {
    // GIVEN what the engine writes as it comes
    const line = "2026-01-01T00:00:00.000Z waits for process 12 on build-7, which works on the same step";
    writeFileSync(join(logs, "load.log"), `2026-01-01T00:00:00.000Z begins\n${line}\n`);

    // THEN
    expect(await lineAbout()).toBe(
      "… load still running, waits for process 12 on build-7, which works on the same step",
    );
  });

  it("says so no longer when the step has begun", async () => {
    writeFileSync(
      join(logs, "load.log"),
      "2026-01-01T00:00:00.000Z waits for process 12\n2026-01-01T00:00:01.000Z begins\n",
    );
    expect(await lineAbout()).toBe("… load still running, 10 s");
  });

  it("is not held up by what is in the place of the log", async () => {
    execFileSync("mkfifo", [join(logs, "load.log")]);
    expect(await lineAbout()).toBe("… load still running, 10 s");
  });
});
