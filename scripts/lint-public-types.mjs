// Fails when a public signature names a type that no entry point exports. Reads the declarations that a build wrote.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { unexportedTypes } from "./declarations.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { exports: entryPoints } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const entries = Object.values(entryPoints).flatMap((entry) => (entry.types ? [join(root, entry.types)] : []));
const found = unexportedTypes(entries, join(root, "dist/lib"));
if (found.length > 0) {
  console.error(`Export these types, or mark what names them as @internal, and build:\n${found.join("\n")}`);
  process.exitCode = 1;
}
