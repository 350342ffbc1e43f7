import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Names that shells, options, patterns, XML, URLs and sorting get wrong, with contents. */
export const NASTY_FILES: Readonly<Record<string, string>> = {
  "plain.txt": "plain\n",
  "empty.txt": "",
  ".hidden": "hidden",
  ".meta/.deep/file": "deep",
  "two\nlines.txt": "newline",
  "carriage\rreturn": "cr",
  "tab\tand space ": "tab",
  "quote'\"`.txt": "quotes",
  "-rf": "a leading dash",
  "--checkpoint-action=exec=true": "an option of tar",
  "@file": "an argument file",
  "100% + & = ? #.txt": "url",
  "a%2Fb": "an encoded slash",
  "<tag>&amp;": "xml",
  "*.glob[a]": "glob",
  "back\\slash": "backslash",
  "caf\u00e9.txt": "composed",
  "cafe\u0301.txt": "decomposed",
  "tern 🐦.txt": "emoji",
  "\uff5e wide": "sorts differently in UTF-16 and UTF-8",
  "𝄞 clef": "astral",
  "$(touch evil)": "command",
  "a/b/c.json": "{}",
};

/** Writes files with such names below a directory. */
export function writeFiles(directory: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), content);
  }
}
