import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { directoryPart } from "../../../lib/backups/parts/directory";
import type { SizeContext } from "../../../lib/backups/parts/part-kind";
import { writeFiles } from "../../support/nasty-files";

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "sterna-directory-part-"));
});
afterEach(() => rmSync(data, { recursive: true }));

test("the size of a directory leaves out a file that is deleted while its files are measured", async () => {
  // GIVEN a file that was listed, and is gone when the next directory is read
  writeFiles(data, { gone: "1234", "folder/stays": "12" });
  let directories = 0;
  const signal = {
    throwIfAborted() {
      directories += 1;
      if (directories === 2) rmSync(join(data, "gone"));
    },
  } as AbortSignal;
  // WHEN
  const size = await directoryPart.size({ kind: "directory", id: "data", path: data }, { signal } as SizeContext);
  // THEN
  expect(directories).toBe(2);
  expect(size).toEqual({ stored: 2, readBack: 2 });
});
