import { type Command, InvalidArgumentError } from "commander";
import { relative } from "node:path";
import { type Evidence, writeEvidence } from "../../manifest/evidence";
import { SternaError } from "../../core/errors";
import { EXIT_STATUS, type CommandRunner } from "../terminal/command";
import { stackCommand } from "../terminal/stack-command";
import { requireAttestable } from "../../promotion/gates/evidence-gates";
import { whoRuns } from "../../toolkit/project/records";
import { openStack } from "../../toolkit/toolkit";
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
  const examples = {
    "sterna attest r3mes production load-test --link https://ci.example.org/runs/7": "for the pinned release",
    "sterna attest r3mes production load-test --release 1.0.0": "for the release that is to be promoted",
  };
  const head = ["attest", "attest that a gate may be passed, in a file to commit", examples] as const;
  return stackCommand<AttestOptions>(run, [...head], async (stack, options, context, gate = "") => {
    const { surroundings, terminal, toolkit } = context;
    const found = await openStack(toolkit, stack);
    const { validFor } = requireAttestable(found, gate);
    const now = new Date();
    const shown = {
      ...stack,
      gate,
      release: releaseOf(options.release ?? found.release, found),
      by: options.by ?? whoRuns(surroundings.environment),
      at: now.toISOString(),
      expires: expiryOf(options.expires, now, validFor),
      ...(options.link === undefined ? {} : { link: options.link }),
      ...(options.note === undefined ? {} : { note: options.note }),
      facts: options.fact,
    };
    const { directory } = toolkit.project;
    const file = relative(directory, writeEvidence(directory, shown));
    terminal.printJson({ ...shown, file });
    terminal.print(`${shown.by} attests ${gate} for release ${shown.release} until ${shown.expires}.`);
    terminal.print(`Commit it: ${file}`);
    return EXIT_STATUS.done;
  })
    .argument("<gate>", "id of the gate, as `sterna gates` lists it")
    .option("--by <name>", "who attests (default: who runs the command)")
    .option(
      "--expires <time>",
      "a date, or a time in UTC, from when on it no longer counts (default: as the gate says)",
    )
    .option("--link <url>", "where the details are: a report, a ticket, a run")
    .option("--note <text>", "what was seen")
    .option("--fact <name=value>", "what was measured; may be repeated", collectFact, {})
    .option("--release <release>", "release that it was shown for (default: the pinned one)");
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
