import { expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { generatedFiles } from "../../scripts/generated-files";
import { repositoryRoot } from "../support/repository";

test.each(Object.entries(generatedFiles()))("%s is what the code says", (file, content) => {
  // To mend it: node --import tsx scripts/generate.ts
  expect(readFileSync(join(repositoryRoot, file), "utf8")).toBe(content);
});
