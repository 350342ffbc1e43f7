// Writes the files that are made from the code. A test fails while they are out of date.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { generatedFiles } from "./generated-files";

for (const [file, content] of Object.entries(generatedFiles())) {
  const path = join(__dirname, "..", file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
