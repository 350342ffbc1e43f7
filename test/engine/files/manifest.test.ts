import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { formatBytes, manifestOf, totalsOf, type ManifestEntry } from "../../../lib/engine/files/file-manifest";
import { mapConcurrently } from "../../../lib/engine/files/concurrently";
import { writeFiles } from "../../support/nasty-files";

const hash = (text: string | Buffer): string => createHash("sha256").update(text).digest("hex");
const never = new AbortController().signal;

describe("a manifest", () => {
  let root: string;
  const large = Buffer.alloc(300_000, "0123456789");
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), "sterna-manifest-"));
    writeFiles(root, { large, empty: "" });
  });
  afterAll(() => rmSync(root, { recursive: true }));

  test("has the size and the sha256 of every file", async () => {
    expect(await manifestOf(root, ["empty", "large"], never)).toEqual([
      { path: "empty", size: 0, sha256: hash("") },
      { path: "large", size: 300_000, sha256: hash(large) },
    ]);
  });

  test("a file that disappeared after it was listed is an error with its name", async () => {
    await expect(manifestOf(root, ["empty", "gone"], never)).rejects.toMatchObject({
      code: "SourceChanged",
      message: expect.stringContaining('"gone"'),
    });
  });

  test("its digest is the one that a person computes, in whatever order the files come", () => {
    const entry = fc.record({ path: fc.string({ minLength: 1 }), size: fc.nat(), sha256: fc.constant(hash("x")) });
    fc.assert(
      fc.property(fc.uniqueArray(entry, { selector: ({ path }) => path }), (entries: ManifestEntry[]) => {
        const paths = entries.map(({ path }) => Buffer.from(path)).sort(Buffer.compare);
        const totals = totalsOf(entries);
        expect(totals).toEqual({
          files: entries.length,
          bytes: entries.reduce((sum, { size }) => sum + size, 0),
          sha256: hash(paths.map((path) => `${path.toString()}:${hash("x")}\n`).join("")),
        });
        expect(totalsOf([...entries].reverse())).toEqual(totals);
      }),
    );
  });

  test("its digest changes with one path and with one content", () => {
    const entry = { path: "a", size: 1, sha256: hash("a") };
    const digests = [entry, { ...entry, path: "b" }, { ...entry, sha256: hash("b") }].map(
      (one) => totalsOf([one]).sha256,
    );
    expect(new Set(digests).size).toBe(3);
  });
});

describe("working concurrently", () => {
  test("keeps the order and the limit", async () => {
    let running = 0;
    let most = 0;
    const results = await mapConcurrently([5, 1, 4, 2, 3, 0], 3, never, async (item) => {
      most = Math.max(most, ++running);
      await new Promise((done) => setTimeout(done, item));
      running -= 1;
      return item * 2;
    });
    expect(results).toEqual([10, 2, 8, 4, 6, 0]);
    expect(most).toBe(3);
  });

  test("the first failure stops the others, and nothing goes on afterwards", async () => {
    const begun: number[] = [];
    let aborted = 0;
    const work = mapConcurrently([0, 1, 2, 3, 4, 5], 2, never, async (item, signal) => {
      begun.push(item);
      signal.addEventListener("abort", () => (aborted += 1));
      await new Promise((done) => setTimeout(done, 5));
      if (item === 0) throw new Error("broken");
    });
    await expect(work).rejects.toThrow("broken");
    expect(begun).toEqual([0, 1]);
    expect(aborted).toBeGreaterThan(0);
  });

  test("is rejected with the reason of the signal, also when nothing was left to do", async () => {
    const reason = new Error("stopped");
    await expect(mapConcurrently([], 2, AbortSignal.abort(reason), async () => 1)).rejects.toBe(reason);
  });
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [3_400_000, "3.4 MB"],
  [5e15, "5000.0 TB"],
])("%d bytes are %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
