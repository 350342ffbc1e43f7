import { describe, expect, it } from "@jest/globals";
import { LockWaits } from "../../../lib/engine/executor/lock-waits";
import { EngineError } from "../../../lib/engine/engine-error";
import { stepContext } from "../../support/step-context";

const lockError = (code: string) =>
  new EngineError("StepFailed", "all of it", { cause: Object.assign(new Error("no lock"), { code }) });

describe("waits for locks", () => {
  it.each(["55P03", "40P01"])(
    "try again what did not get its lock, and then give up with its holder (%s)",
    async (code) => {
      // GIVEN
      const context = stepContext("s1");
      const waits = new LockWaits(context, { blockers: async () => ["process 7 (of app)"] }, [0.01, 0.02]);
      let attempts = 0;

      // WHEN
      const running = waits.retry(() =>
        waits.watch(async () => {
          attempts++;
          await new Promise((done) => setTimeout(done, 200));
          throw lockError(code);
        }),
      );

      // THEN
      await expect(running).rejects.toMatchObject({ code: "DatabaseLockTimeout" });
      await expect(running).rejects.toThrow(
        /^gave up after 3 attempts: no lock; the lock was held by process 7 \(of app\)\. .*`lockTimeout`$/,
      );
      expect(attempts).toBe(3);
      expect(context.messages.filter((text) => text.startsWith("no lock"))).toEqual([
        "no lock; the lock was held by process 7 (of app); tries again in 0.01 s (attempt 2 of 3)",
        "no lock; the lock was held by process 7 (of app); tries again in 0.02 s (attempt 3 of 3)",
      ]);
    },
  );

  it("do not try other failures again", async () => {
    // GIVEN
    const waits = new LockWaits(stepContext("s1"), {}, [0.01]);
    let attempts = 0;

    // WHEN
    const running = waits.retry(async () => {
      attempts++;
      throw lockError("23505");
    });

    // THEN
    await expect(running).rejects.toThrow("all of it");
    expect(attempts).toBe(1);
  });

  it("are no reason to keep a step that is done when nobody answers", async () => {
    // GIVEN
    const waits = new LockWaits(stepContext("s1"), { blockers: () => new Promise(() => undefined) });

    // WHEN
    const done = await waits.watch(() => new Promise((resolve) => setTimeout(() => resolve("done"), 200)));

    // THEN
    expect(done).toBe("done");
  });

  it("are no failure of the step when the server cannot be asked", async () => {
    // GIVEN
    const blockers = async (): Promise<string[]> => {
      throw new Error("permission denied");
    };
    const waits = new LockWaits(stepContext("s1"), { blockers });

    // WHEN
    const done = await waits.watch(() => new Promise((resolve) => setTimeout(() => resolve("done"), 200)));

    // THEN
    expect(done).toBe("done");
  });
});
