import { type Command, InvalidArgumentError } from "commander";
import { relative } from "node:path";
import { type Evidence, writeEvidence } from "../../manifest/evidence";
import { SternaError } from "../../core/errors";
import { EXIT_STATUS, newCommand, type CommandRunner } from "../terminal/command";
import { requireAttestable } from "../../promotion/gates/evidence-gates";
import { recoverPins } from "../../toolkit/project/change-pin";
import { openProject } from "../../toolkit/project/project";
import { whoRuns } from "../../toolkit/project/records";
import { findSystem } from "../../toolkit/project/stacks";
import { synthesize } from "../../toolkit/project/synthesize";
import type { CommonOptions } from "../terminal/terminal";

type Facts = Evidence["facts"];

interface AttestOptions extends CommonOptions {
  readonly by?: string;
  readonly expires?: string;
  readonly fact: Facts;
  readonly link?: string;
  readonly note?: string;
  readonly release?: string;
}

export function attestCommand(run: CommandRunner): Command {
  return newCommand("attest", "write down that a gate may be passed, as a file for a commit", {
    "sterna attest r3mes production load-test --link https://ci.example.org/runs/7": "for the pinned release",
    "sterna attest r3mes production load-test --release 1.0.0": "for the release that is to be promoted",
  })
    .argument("<system>", "system, such as r3mes")
    .argument("<environment>", "environment, such as production")
    .argument("<gate>", "id of the gate, as `sterna gates` lists it")
    .option("--by <name>", "who attests (default: who runs the command)")
    .option(
      "--expires <time>",
      "a date, or a time in UTC, from when on it no longer counts (default: as the gate says)",
    )
    .option("--link <url>", "where the details are: a report, a ticket, a run")
    .option("--note <text>", "what was seen")
    .option("--fact <name=value>", "what was measured; may be repeated", collectFact, {})
    .option("--release <release>", "release that it was shown for (default: the pinned one)")
    .action((system: string, environment: string, gate: string, options: AttestOptions) =>
      run(options, async ({ surroundings, terminal }) => {
        const project = openProject(surroundings.directory);
        recoverPins(project);
        const synthesis = await synthesize(project, surroundings.environment, terminal);
        const found = findSystem(synthesis, system, environment);
        const { validFor } = requireAttestable(found, gate);
        const now = new Date();
        const shown = {
          system,
          environment,
          gate,
          release: releaseOf(options.release ?? found.release, found),
          by: options.by ?? whoRuns(surroundings.environment),
          at: now.toISOString(),
          expires: expiryOf(options.expires, now, validFor),
          ...(options.link === undefined ? {} : { link: options.link }),
          ...(options.note === undefined ? {} : { note: options.note }),
          facts: options.fact,
        };
        const file = relative(project.directory, writeEvidence(project.directory, shown));
        terminal.printJson({ ...shown, file });
        terminal.print(`${shown.by} attests ${gate} for release ${shown.release} until ${shown.expires}.`);
        terminal.print(`Commit it: ${file}`);
        return EXIT_STATUS.done;
      }),
    );
}

function releaseOf(release: string, { system, releases }: { system: string; releases: readonly string[] }): string {
  if (releases.includes(release)) return release;
  throw new SternaError("UnknownRelease", `${system} has no release "${release}"; it has ${releases.join(", ")}`);
}

function expiryOf(asked: string | undefined, now: Date, validFor: number): string {
  if (asked === undefined) return new Date(now.getTime() + validFor * 1000).toISOString();
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(asked);
  const isTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z$/.test(asked);
  const expires = new Date(isDate ? `${asked}T23:59:59.999Z` : asked);
  if (!(isDate || isTime) || Number.isNaN(expires.getTime()) || !expires.toISOString().startsWith(asked.slice(0, 10))) {
    throw new SternaError(
      "InvalidEvidence",
      `--expires must be a date or a time in UTC, such as 2026-12-31 or 2026-12-31T12:00:00Z, got "${asked}"`,
    );
  }
  if (expires > now) return expires.toISOString();
  throw new SternaError("InvalidEvidence", `--expires must be in the future, got "${asked}"`);
}

function collectFact(text: string, facts: Facts): Facts {
  const [, name, value] = /^([^=]+)=([\s\S]*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError("It must be <name>=<value>.");
  return { ...facts, [name]: toFact(value) };
}

function toFact(value: string): string | number | boolean {
  if (value === "true" || value === "false") return value === "true";
  return /^-?(0|[1-9]\d{0,14})(\.\d+)?$/.test(value) ? Number(value) : value;
}
