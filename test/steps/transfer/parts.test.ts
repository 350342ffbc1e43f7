import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Readable } from "node:stream";
import { fileNameProblems } from "../../../lib/steps/transfer/directory-place";
import { inParts } from "../../../lib/steps/transfer/place";
import { partSize } from "../../../lib/steps/transfer/s3-place";
import { batchOf } from "../../../lib/steps/transfer/batches";

test("parts give the content back, and all but the last have the size asked for, however it comes in", async () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)));
  await fc.assert(
    fc.asyncProperty(chunks, fc.integer({ min: 1, max: 50 }), async (content, size) => {
      const parts: Buffer[] = [];
      for await (const part of inParts(Readable.from(content), size)) parts.push(part);
      expect(Buffer.concat(parts)).toEqual(Buffer.concat(content));
      expect(parts.slice(0, -1).every(({ length }) => length === size)).toBe(true);
      expect(parts.at(-1)?.length ?? 1).toBeGreaterThan(0);
    }),
  );
});

test("an object of any size that S3 takes has parts that S3 takes", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 * 1024 ** 4 }), (size) => {
      expect(Math.ceil(size / partSize(size))).toBeLessThanOrEqual(10_000);
      expect(partSize(size)).toBeGreaterThanOrEqual(5 * 1024 ** 2);
      expect(partSize(size)).toBeLessThanOrEqual(5 * 1024 ** 3);
    }),
  );
});

test("a batch is the first folders of a path, and a path begins with its batch", () => {
  expect(["a/b/c", "a/b", "a", "/a/b"].map((path) => batchOf(path, 1))).toEqual(["a/", "a/", "", "/"]);
  expect(["a/b/c/d", "a/b"].map((path) => batchOf(path, 2))).toEqual(["a/b/", "a/"]);
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 0, max: 8 }), (path, depth) => {
      expect(path.startsWith(batchOf(path, depth))).toBe(true);
    }),
  );
});

test.each<[string, string[], RegExp | undefined]>([
  ["ordinary names", ["a", "b/c", "b/d", ".hidden", "caf\u00e9", "cafe\u0301", "two\nlines"], undefined],
  ["a way out", ["../a"], /leads elsewhere/],
  ["a way in place", ["a/./b"], /leads elsewhere/],
  ["an absolute path", ["/a"], /empty name/],
  ["two slashes", ["a//b"], /empty name/],
  ["a folder marker", ["a/"], /folder marker/],
  ["a file that is a directory", ["a/b/c", "a"], /"a" is an object as well/],
  ["a NUL character", ["a\0b"], /NUL/],
  ["a name that is too long", ["é".repeat(128)], /more than 255 bytes/],
])("keys as names of files: %s", (_what, keys, problem) => {
  const problems = fileNameProblems(keys);
  if (problem === undefined) expect(problems).toEqual([]);
  else expect(problems).toEqual([expect.stringMatching(problem)]);
});
