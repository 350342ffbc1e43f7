import type { Command } from "commander";
import { checkInstallation } from "../doctor/check-installation";
import { checkPrograms, ok, problem, type Finding, type FindingStatus } from "../doctor/check-programs";
import { checkIgnored, checkProject, checkStack } from "../doctor/check-project";
import { EXIT_STATUS, newCommand, type CommandContext, type CommandRunner } from "../terminal/command";
import { describeError } from "../../toolkit/describe-error";
import { variablesOf, openProject, type Project } from "../../toolkit/project/project";
import { synthesize } from "../../toolkit/project/synthesize";
import type { CommonOptions } from "../terminal/terminal";

const SIGNS: Record<FindingStatus, string> = { ok: "✓", problem: "✗", warning: "!", note: "·" };

export function doctorCommand(run: CommandRunner): Command {
  return newCommand("doctor", "find problems on this machine and in this project, and how to fix them", {
    "sterna doctor": "check this machine and this project",
  }).action((options: CommonOptions) =>
    run(options, async (context) => {
      const { surroundings, terminal } = context;
      const findings = [
        ...(await checkPrograms(surroundings.environment)),
        ...checkInstallation(surroundings.environment),
        ...(await checkEverythingInProject(context)),
      ];
      const broken = findings.filter(({ status }) => status === "problem").length;
      terminal.printJson({ healthy: broken === 0, findings });
      for (const finding of findings) terminal.print(findingText(finding, terminal.colors));
      terminal.print(broken === 0 ? "\nNothing is broken." : `\n${broken} ${broken === 1 ? "problem" : "problems"}.`);
      return broken === 0 ? EXIT_STATUS.done : EXIT_STATUS.error;
    }),
  );
}

async function checkEverythingInProject(context: CommandContext): Promise<Finding[]> {
  let project: Project;
  try {
    project = openProject(context.surroundings.directory);
  } catch (error) {
    return [fromError("project", error)];
  }
  const findings = [...checkProject(project), ...(await checkIgnored(project, context.surroundings.environment))];
  try {
    const { systems } = await synthesize(project, context.surroundings.environment, context.terminal);
    const stacks = await Promise.all(
      systems.map((system) =>
        checkStack(system, variablesOf(project, system.environment, context.surroundings.environment)),
      ),
    );
    return [
      ...findings,
      ok(`synthesis: ${systems.map(({ stack }) => stack).join(", ") || "no stacks"}`),
      ...stacks.flat(),
    ];
  } catch (error) {
    return [...findings, fromError("synthesis", error)];
  }
}

function fromError(title: string, error: unknown): Finding {
  const { code, message } = describeError(error);
  return problem(`${title}: ${code}`, message);
}

function findingText(
  { status, title, cure }: Finding,
  { green, red, yellow, dim }: CommandContext["terminal"]["colors"],
): string {
  const paint = { ok: green, problem: red, warning: yellow, note: dim }[status];
  const indented = cure === undefined ? "" : `\n${cure.replace(/^/gm, "    ")}`;
  return `${paint(SIGNS[status])} ${title}${indented}`;
}
