import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { walkDirectory } from "../../../lib/engine/files/walk";
import { NASTY_FILES, writeFiles } from "../../support/nasty-files";

describe("walking a directory", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "sterna-walk-"));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  test("lists every file, sorted by bytes as `LC_ALL=C sort` sorts", async () => {
    writeFiles(root, NASTY_FILES);
    const { files } = await walkDirectory(root, "refuse");
    const found = execFileSync("find", [root, "-type", "f", "-printf", "%P\\0"]);
    const sorted = execFileSync("sort", ["-z"], { input: found, env: { ...process.env, LC_ALL: "C" } });
    expect(files).toEqual(sorted.toString().split("\0").slice(0, -1));
    expect(files).toHaveLength(Object.keys(NASTY_FILES).length);
  });

  test("tells directories, and which of them are empty", async () => {
    mkdirSync(join(root, "a/b"), { recursive: true });
    writeFiles(root, { "c/file": "" });
    const tree = await walkDirectory(root, "refuse");
    expect(tree.directories).toEqual(["a", "a/b", "c"]);
    expect(tree.emptyDirectories).toEqual(["a/b"]);
  });

  describe("with symbolic links", () => {
    beforeEach(() => {
      writeFiles(root, { "directory/file": "x" });
      symlinkSync("directory", join(root, "link"));
      symlinkSync("directory/file", join(root, "other"));
    });

    test("refuses and names all of them", async () => {
      await expect(walkDirectory(root, "refuse")).rejects.toMatchObject({
        code: "SourceRefused",
        message: expect.stringContaining('2 entries that cannot be taken along: "link" (a symbolic link), "other"'),
      });
    });

    test("skips and tells them", async () => {
      const tree = await walkDirectory(root, "skip");
      expect([tree.files, tree.skipped]).toEqual([["directory/file"], ["link", "other"]]);
    });

    test("follows them to files and directories", async () => {
      expect((await walkDirectory(root, "follow")).files).toEqual(["directory/file", "link/file", "other"]);
    });

    test("keeps them with what they hold", async () => {
      expect((await walkDirectory(root, "keep")).links).toEqual([
        { path: "link", target: "directory" },
        { path: "other", target: "directory/file" },
      ]);
    });

    test.each([
      ["a circle", "..", /"directory\/bad" \(a circular or special link\)/],
      ["a broken link", "nowhere", /"directory\/bad" \(a broken link\)/],
    ])("refuses to follow %s", async (_what, target, message) => {
      symlinkSync(target, join(root, "directory/bad"));
      await expect(walkDirectory(root, "follow")).rejects.toThrow(message);
    });
  });

  test("refuses FIFOs instead of waiting for them for ever", async () => {
    execFileSync("mkfifo", [join(root, "pipe")]);
    await expect(walkDirectory(root, "skip")).rejects.toThrow(/"pipe" \(neither a file nor a directory\)/);
  });

  test("refuses names that are not UTF-8, which could not be opened again", async () => {
    writeFileSync(Buffer.concat([Buffer.from(`${root}/latin-`), Buffer.from([0xe4])]), "x");
    await expect(walkDirectory(root, "skip")).rejects.toThrow(/its name is not UTF-8/);
  });

  test.each(["missing", "file"])("refuses what is no directory: %s", async (name) => {
    writeFiles(root, { file: "" });
    await expect(walkDirectory(join(root, name), "skip")).rejects.toMatchObject({ code: "SourceMissing" });
  });

  test("stops with the reason of the signal", async () => {
    const reason = new Error("stopped by a test");
    await expect(walkDirectory(root, "skip", AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
