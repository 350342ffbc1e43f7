import { describe, expect, it } from "@jest/globals";
import { fetchWithRetries, withRetries } from "../../lib/core/retries";

describe("asking a server again", () => {
  it.each([
    ["seconds", () => "1"],
    ["a date", () => new Date(Date.now() + 2_000).toUTCString()],
  ])("waits as long as Retry-After asks for in %s", async (_form, value) => {
    // GIVEN a server that is busy for a second or more
    const times: number[] = [];
    const request = async () => {
      times.push(performance.now());
      const busy = times.length === 1;
      return new Response(null, { status: busy ? 429 : 200, headers: busy ? { "retry-after": value() } : {} });
    };

    // WHEN
    const answer = await fetchWithRetries(request, { attempts: 2, firstPause: 1 });

    // THEN a date is in whole seconds, and so up to one second early
    expect(answer.status).toBe(200);
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(990);
  });

  it("does not take an unreadable Retry-After for a time", async () => {
    let asked = 0;
    const request = async () =>
      new Response(null, { status: ++asked < 3 ? 503 : 200, headers: { "retry-after": "x" } });

    await expect(fetchWithRetries(request, { attempts: 3, firstPause: 1 })).resolves.toMatchObject({ status: 200 });
    expect(asked).toBe(3);
  });

  it("gives the last answer of a server that stays busy, and stops waiting when it is told to", async () => {
    const busy = async () => new Response(null, { status: 503, headers: { "retry-after": "30" } });
    await expect(fetchWithRetries(busy, { attempts: 1 })).resolves.toMatchObject({ status: 503 });

    const signal = AbortSignal.timeout(20);
    await expect(fetchWithRetries(busy, { attempts: 2, signal })).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("trying again", () => {
  it("ends with the first failure that another attempt cannot mend", async () => {
    let tried = 0;
    const work = async () => {
      throw new Error(++tried < 3 ? "busy" : "refused");
    };
    const isBusy = (error: unknown) => (error as Error).message === "busy";

    await expect(withRetries(work, { attempts: 9, firstPause: 1 }, isBusy)).rejects.toThrow("refused");
    expect(tried).toBe(3);
  });
});
