import type { Command } from "commander";
import { SternaError } from "../../core/errors";
import type { StepRecord } from "../../manifest/step-record";
import { compareSteps } from "../../promotion/proof/compare-steps";
import { EXIT_STATUS, newCommand, type CommandContext, type CommandRunner } from "../terminal/command";
import { requireEvidence } from "../../promotion/gates/evidence-gates";
import {
  requireApplied,
  requireNext,
  requireProved,
  requireSuccess,
  requireTaken,
  requireUndrifted,
} from "../../promotion/gates/promotion-gates";
import { requireLegalMove } from "../../promotion/gates/release-gates";
import { readProof } from "../../toolkit/ledgers/read-ledgers";
import { changePin, recoverPins } from "../../toolkit/project/change-pin";
import { variablesOf, openProject, type Project } from "../../toolkit/project/project";
import { lastRecord } from "../../toolkit/project/records";
import { chainOf, findSystem } from "../../toolkit/project/stacks";
import { type SynthesizedSystem } from "../../promotion/plan/synthesized-steps";
import { synthesize } from "../../toolkit/project/synthesize";
import type { CommonOptions } from "../terminal/terminal";
import { requireTerraform } from "../../toolkit/terraform/terraform";
import { planForDrift } from "../../toolkit/terraform/make-plan";
import { planAndShow } from "./plan";

interface PromoteOptions extends CommonOptions {
  /** `false` after `--no-plan`. */
  readonly plan?: boolean;
}

export function promoteCommand(run: CommandRunner): Command {
  return newCommand("promote", "give the next environment the release that this one proved", {
    "sterna promote app-ef development staging": "check the proof, raise the pin, plan",
    "sterna promote app-ef staging production --no-plan": "only raise the pin, for a pull request",
  })
    .argument("<system>", "system, such as app-ef")
    .argument("<from>", "environment that proves the release")
    .argument("<to>", "the environment right after it")
    .option("--no-plan", "raise the pin in releases.json and leave the plan to the pipeline")
    .action((system: string, from: string, to: string, options: PromoteOptions) =>
      run(options, async (context) => {
        const { surroundings, terminal } = context;
        const project = openProject(surroundings.directory);
        recoverPins(project);
        // Found missing after the pin is raised, it would leave half of the work done.
        if (options.plan !== false) requireTerraform(surroundings.environment);
        const synthesis = await synthesize(project, surroundings.environment, terminal);
        const proving = findSystem(synthesis, system, from);
        const target = findSystem(synthesis, system, to);
        requireNext(proving, target, chainOf(synthesis, system));
        if (target.release === proving.release) {
          terminal.printJson({ system, from, to, release: target.release, promoted: false });
          terminal.print(`Nothing to do: ${system} in ${to} is pinned to ${target.release} already.`);
          return EXIT_STATUS.done;
        }

        const promoted = await raisePin(project, proving, target, context, options.plan !== false);
        terminal.report(
          `${terminal.colors.green("✓")} ${from} proved release ${proving.release}: ${promoted.steps.length} steps with equal checksums`,
        );
        terminal.report(
          `${terminal.colors.green("✓")} releases.json: ${system} in ${to} ${target.release} → ${proving.release}`,
        );
        const facts = { from, to, release: proving.release, promoted: true };
        if (options.plan === false) {
          terminal.printJson({ system, ...facts });
          return EXIT_STATUS.changes;
        }
        return planAndShow(project, promoted, context, facts);
      }),
    );
}

/**
 * Raises the pin, if everything that it would bring was proved. Otherwise `releases.json` is as it was.
 *
 * @param looksForDrift whether Terraform is asked if the environment that proves is as its last apply left it
 */
async function raisePin(
  project: Project,
  from: SynthesizedSystem,
  to: SynthesizedSystem,
  { surroundings, terminal }: CommandContext,
  looksForDrift: boolean,
): Promise<SynthesizedSystem> {
  const last = await lastRecord(project, from.stack);
  requireSuccess(last, from);
  if (looksForDrift) {
    requireUndrifted(from, await planForDrift(project, from, surroundings, terminal));
  }
  const change = { system: to.system, environment: to.environment, release: from.release };
  return changePin(project, change, async () => {
    const synthesis = await synthesize(project, surroundings.environment, terminal);
    const raised = findSystem(synthesis, to.system, to.environment);
    requireTaken(raised, from.release);
    const rows = await provedRows(project, from, raised, surroundings.environment);
    const comparison = { from: from.environment, to: to.environment, declared: from.steps };
    requireProved(compareSteps({ ...comparison, rows, promoted: raised.steps }), from, to);
    requireApplied(from, last);
    requireLegalMove(raised, to.release, raised.release);
    requireEvidence(project, from, "post", `${from.environment} has not done with it, and nothing was promoted`);
    requireEvidence(project, raised, "pre", "nothing was promoted");
    return raised;
  });
}

/** @throws SternaError `LedgerUnreachable` */
async function provedRows(
  project: Project,
  from: SynthesizedSystem,
  to: SynthesizedSystem,
  process: NodeJS.ProcessEnv,
): Promise<StepRecord[]> {
  const { rows, unreadable } = await readProof(from, to, {
    from: variablesOf(project, from.environment, process),
    to: variablesOf(project, to.environment, process),
  });
  const [problem] = unreadable;
  if (problem === undefined) return [...rows.values()];
  throw new SternaError(
    "LedgerUnreachable",
    `what ${from.environment} proved cannot be known, so nothing is promoted: ${problem.message}`,
  );
}
