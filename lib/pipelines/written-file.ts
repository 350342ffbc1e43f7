import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { SternaError } from "../core/errors";
import { sha256 } from "../manifest/checksum";
import { writeWholeFile } from "../core/replace-file";
import type { PipelineFile } from "./pipeline";

const READABLE_BY_ALL = 0o644;
const DIGEST = /^# sterna-digest: ([0-9a-f]{64})\n/m;
/** An action with its version: a tag, or a commit followed by the tag as a comment. */
const USES = /^(\s*(?:- )?uses: )(["']?)([\w.-]+\/[\w./-]+)@(\S+?)\2([ \t]+#.*)?$/gm;

/** State of a file on disk compared with the generated one. */
export type FileState = "missing" | "current" | "outdated" | "edited" | "foreign";

/**
 * Data as YAML, with a header line that contains its origin and a digest that reveals manual edits.
 *
 * @param command the command that writes it
 */
export function yamlText(command: string, data: unknown): string {
  const body = stringify(data, { lineWidth: 0, aliasDuplicateObjects: false });
  return `# Written by \`${command}\`. Run it again instead of editing this file.\n# sterna-digest: ${digestOf(body)}\n${body}`;
}

/**
 * Compares a file with the one on disk.
 *
 * @returns the text to write, with the action versions from the old file, which people and tools such as Dependabot and
 * pinact raise or pin to commits
 */
export function compareFile(
  top: string,
  { path, text }: PipelineFile,
): { readonly state: FileState; readonly text: string } {
  const file = join(top, path);
  if (!existsSync(file)) return { state: "missing", text };
  const old = readFileSync(file, "utf8");
  const kept = withVersionsOf(old, text);
  if (old === kept) return { state: "current", text: kept };
  const [heading, digest] = DIGEST.exec(old) ?? [];
  if (heading === undefined) return { state: "foreign", text: kept };
  const body = old.slice(old.indexOf(heading) + heading.length);
  return { state: digestOf(body) === digest ? "outdated" : "edited", text: kept };
}

/**
 * Writes a file.
 *
 * @throws SternaError `FileUnwritable`
 */
export function writePipelineFile(top: string, { path, text }: PipelineFile): void {
  writeWholeFile(join(top, path), text, { mode: READABLE_BY_ALL });
}

/** @throws SternaError `PipelineEdited` when files with manual changes would be lost */
export function refuseEdited(files: readonly { readonly path: string; readonly state: FileState }[]): void {
  const lost = files.filter(({ state }) => state === "edited" || state === "foreign");
  if (lost.length === 0) return;
  const lines = lost.map(
    ({ path, state }) => `  ${path} ${state === "edited" ? "was edited by hand" : "is not written by sterna"}`,
  );
  throw new SternaError(
    "PipelineEdited",
    `nothing is written, since work would be lost:\n${lines.join("\n")}\nMove the changes elsewhere, or overwrite the files with --force.`,
  );
}

/** A different version of an action does not count as an edit. */
function digestOf(body: string): string {
  return sha256(body.replace(USES, "$1$3"));
}

function withVersionsOf(old: string, text: string): string {
  const known = new Map(
    [...old.matchAll(USES)].map(([, , quote, name, version, note]) => [name, { quote, version, note }]),
  );
  return text.replace(USES, (line, start: string, _quote: string, name: string) => {
    const found = known.get(name);
    if (found === undefined) return line;
    return `${start}${found.quote}${name}@${found.version}${found.quote}${found.note ?? ""}`;
  });
}
