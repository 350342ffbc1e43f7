import { inlineCode } from "./markdown-text";
import { rolloutSentence, stepsSentence, type EnvironmentOverview, type Overview } from "./overview";

/** An overview in Markdown. Values stand in code only, so that none of them formats, links or mentions. */
export function renderOverviewMarkdown({ systems, madeAt, sterna }: Overview): string {
  const blocks = systems.map(({ system, environments }) =>
    [`## ${inlineCode(system)}`, ...environments.map(environmentBlock)].join("\n\n"),
  );
  const footer = `Made at ${inlineCode(madeAt)} (UTC) by Sterna ${inlineCode(sterna)}.`;
  return `${["# What runs where", ...blocks, footer].join("\n\n")}\n`;
}

function environmentBlock(lane: EnvironmentOverview): string {
  const { environment, release, applied, rollout, steps, backups, applies, unreadable } = lane;
  const facts = [
    `release: ${inlineCode(release)}, ${applied === undefined ? "no apply on record" : `last applied: ${inlineCode(applied)}`}`,
    `steps: ${inlineCode(stepsSentence(steps))}`,
    ...unreadable.map((reason) => `**cannot be read**: ${inlineCode(reason)}`),
    ...(rollout === undefined ? [] : [`colours: ${inlineCode(rolloutSentence(rollout))}`]),
    ...backups.map(
      ({ name, next, schedule }) =>
        `next backup: ${inlineCode(next ?? "unknown")}, ${inlineCode(name)}, ${inlineCode(schedule)}`,
    ),
    ...applies.map(
      ({ finishedAt, result, by, release: of }) =>
        `${inlineCode(finishedAt)}: ${inlineCode(`${of} ${result}`)} by ${inlineCode(by)}`,
    ),
  ];
  const lines = steps.map(({ id, state, title, error }) => {
    const why = error === undefined ? "" : `: ${inlineCode(error)}`;
    return `- ${inlineCode(state)} ${inlineCode(id)} ${inlineCode(title)}${why}`;
  });
  const folded = lines.length === 0 ? [] : ["<details><summary>Steps</summary>", lines.join("\n"), "</details>"];
  const heading = `### ${inlineCode(environment)}${lane.protected ? " (protected)" : ""}`;
  return [heading, facts.map((fact) => `- ${fact}`).join("\n"), ...folded].join("\n\n");
}
