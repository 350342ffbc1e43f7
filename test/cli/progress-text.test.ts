import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { PassThrough } from "node:stream";
import { type StepStatus, isSilent, progressText } from "../../lib/toolkit/ledgers/system-status";
import { Terminal } from "../../lib/cli/terminal/terminal";
import { StatusFollower } from "../../lib/cli/commands/status";

const BEGIN = Date.parse("2026-01-01T00:00:00Z");
const startedAt = new Date(BEGIN).toISOString();
const at = (seconds: number) => new Date(BEGIN + 1000 * seconds).toISOString();

describe("the progress of a step", () => {
  it.each([
    [undefined, 5, "5 s"],
    [{ message: "300/1000 documents", percent: 30, at: at(12) }, 12, "30 %, 300/1000 documents, 12 s, about 28 s left"],
    [{ message: "first\nsecond", at: at(3) }, 75, "first, 1 min 15 s, no sign of life for 1 min 12 s"],
    [{ message: "began", percent: 0, at: at(4) }, 4, "0 %, began, 4 s"],
    [undefined, 7_260, "2 h 1 min, no sign of life for 2 h 1 min"],
  ])("%j after %s s is %s", (progress, seconds, text) => {
    expect(progressText({ startedAt, progress }, BEGIN + 1000 * seconds)).toBe(text);
  });

  it("never tells a negative time, whatever the clocks of two machines say", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e6, max: 1e6 }), fc.integer({ min: -1e6, max: 1e6 }), (said, now) => {
        const progress = { message: "m", percent: 10, at: at(said) };
        expect(progressText({ startedAt, progress }, BEGIN + 1000 * now)).not.toMatch(/-|NaN|Infinity/);
      }),
    );
  });

  it("is silent after 30 seconds without a sign of life", () => {
    expect(isSilent({ startedAt }, BEGIN + 30_000)).toBe(false);
    expect(isSilent({ startedAt, progress: { message: "m", at: at(5) } }, BEGIN + 36_000)).toBe(true);
  });
});

describe("following running steps", () => {
  const step = (state: StepStatus["state"], change: Partial<StepStatus> = {}): StepStatus => ({
    ...{ id: "load", title: "Loads", release: "1.0.0", state },
    ...(state === "running" ? { startedAt } : {}),
    ...change,
  });
  const follow = () => {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const surroundings = { directory: "/", environment: {}, stdin, stdout, stderr };
    const follower = new StatusFollower(new Terminal(surroundings, {}));
    const show = (seconds: number, ...steps: StepStatus[]) => {
      const status = { system: "shop", environment: "staging", release: "1.0.0", protected: false, unreadable: [] };
      const alive = follower.show([{ ...status, steps }], BEGIN + 1000 * seconds);
      return { alive, said: String(stderr.read() ?? "") };
    };
    return show;
  };
  const running = (seconds: number, message: string) => step("running", { progress: { message, at: at(seconds) } });

  it("tells each message once, at most every ten seconds, and the end", () => {
    const show = follow();

    expect(show(1, step("pending"))).toEqual({ alive: false, said: "" });
    expect(show(3, running(3, "1/9"))).toEqual({ alive: true, said: "shop staging: load running, 1/9, 3 s\n" });
    expect(show(4, running(4, "2/9")).said).toBe("");
    expect(show(13, running(13, "3/9")).said).toBe("shop staging: load running, 3/9, 13 s\n");
    expect(show(30, running(30, "3/9")).said).toBe("");
    expect(show(31, step("applied"))).toEqual({ alive: false, said: "✓ shop staging: load applied\n" });
    expect(show(32, step("applied")).said).toBe("");
  });

  it("tells why a step failed, and does not wait for one that shows no sign of life", () => {
    const show = follow();

    expect(show(100, running(1, "1/9")).alive).toBe(false);
    expect(show(101, step("failed", { error: "no space left\nmore" })).said).toBe(
      "✗ shop staging: load failed: no space left\n",
    );
  });
});
