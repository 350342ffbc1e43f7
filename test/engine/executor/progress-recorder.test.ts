import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { ProgressRecorder } from "../../../lib/engine/executor/step-run";
import type { Progress } from "../../../lib/manifest/step-record";

describe("notes of progress", () => {
  const notes: Progress[] = [];
  beforeEach(() => void jest.useFakeTimers({ now: Date.parse("2026-01-01T00:00:00Z") }));
  afterEach(() => {
    notes.length = 0;
    jest.useRealTimers();
  });
  const recorder = () => new ProgressRecorder(async (progress) => void notes.push(progress));

  it("are none for a step that is done within two seconds", async () => {
    const short = recorder();
    short.note("half of it", 50);
    await jest.advanceTimersByTimeAsync(1_999);
    await short.end();

    await jest.advanceTimersByTimeAsync(60_000);

    expect(notes).toEqual([]);
  });

  it("come once in two seconds, the latest message each time", async () => {
    // GIVEN
    const busy = recorder();

    // WHEN a message comes every 100 ms
    for (let n = 1; n <= 60; n++) {
      busy.note(`${n} of 60`, n);
      await jest.advanceTimersByTimeAsync(100);
    }
    await busy.end();

    // THEN
    expect(notes.map(({ message }) => message)).toEqual(["20 of 60", "40 of 60", "60 of 60"]);
    expect(notes[0]).toEqual({ message: "20 of 60", percent: 20, at: "2026-01-01T00:00:02.000Z" });
  });

  it("come every ten seconds as a sign of life of a step that says nothing", async () => {
    const silent = recorder();

    await jest.advanceTimersByTimeAsync(33_000);
    await silent.end();

    expect(notes.map(({ at }) => at.slice(17, 19))).toEqual(["02", "12", "22", "32"]);
  });

  it("fail no step, and a note that is under way is waited for at the end", async () => {
    // GIVEN
    const order: string[] = [];
    let finish: () => void = () => undefined;
    const slow = new ProgressRecorder(async () => {
      await new Promise<void>((resolve) => (finish = resolve));
      order.push("note");
      throw new Error("the ledger is gone");
    });
    await jest.advanceTimersByTimeAsync(4_000);

    // WHEN
    const ended = slow.end().then(() => order.push("end"));
    await jest.advanceTimersByTimeAsync(10_000);
    finish();
    await ended;

    // THEN
    expect(order).toEqual(["note", "end"]);
  });
});
