import type { Pipeline, PipelineFile } from "../pipeline";
import { yamlText } from "../written-file";
import { OWN_ACTION, WORKFLOWS } from "./actions";
import { applyWorkflow } from "./apply-workflow";
import { compositeAction } from "./composite-action";
import { driftWorkflow } from "./drift-workflow";
import { planWorkflow } from "./plan-workflow";
import { promoteWorkflow } from "./promote-workflow";

/** The workflows for GitHub Actions, and the action that they share. */
export function githubFiles(pipeline: Pipeline): PipelineFile[] {
  const command = "sterna ci github";
  const isChain = pipeline.stacks.some(({ before }) => before.length > 0);
  return [
    { path: `${OWN_ACTION}/action.yml`, text: yamlText(command, compositeAction(pipeline)) },
    { path: WORKFLOWS.plan, text: yamlText(command, planWorkflow(pipeline)) },
    { path: WORKFLOWS.apply, text: yamlText(command, applyWorkflow(pipeline)) },
    { path: WORKFLOWS.drift, text: yamlText(command, driftWorkflow(pipeline)) },
    ...(isChain ? [{ path: WORKFLOWS.promote, text: yamlText(command, promoteWorkflow(pipeline)) }] : []),
  ];
}
