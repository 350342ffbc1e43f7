import { OUTPUT, REVIEW, type Pipeline, type PipelineStack } from "../pipeline";
import { expression } from "./actions";
import { affectedJob, checkout, JOB_TOKEN, LOCK_TIMEOUT, login, script, sterna, variablesOf } from "./jobs";

/** On the branch: applies what was reviewed in the pull request, one environment after the other. */
export function applyWorkflow(pipeline: Pipeline): object {
  const { branch, stacks } = pipeline;
  return {
    name: "sterna apply",
    on: { push: { branches: [branch] } },
    permissions: {},
    env: LOCK_TIMEOUT,
    jobs: {
      affected: affectedJob(pipeline, expression("github.event.before")),
      ...Object.fromEntries(stacks.map((stack) => [jobName(stack.stack), applyJob(pipeline, stack)])),
    },
  };
}

function applyJob(pipeline: Pipeline, { stack, system, environment, before }: PipelineStack): object {
  const earlier = pipeline.stacks.filter((other) => other.system === system && before.includes(other.environment));
  const needs = ["affected", ...earlier.map((other) => jobName(other.stack))];
  return {
    name: stack,
    needs,
    // Without a status function, a job is skipped as soon as one that it needs was skipped.
    if: expression(
      `!cancelled() && needs.affected.result == 'success' && !contains(needs.*.result, 'failure') && !contains(needs.*.result, 'cancelled') && contains(fromJSON(needs.affected.outputs.stacks).*.stack, '${stack}')`,
    ),
    "runs-on": "ubuntu-latest",
    "timeout-minutes": 360,
    permissions: { contents: "read", actions: "read", "pull-requests": "read", ...login(pipeline) },
    // Its protection rules say who has to agree before the job starts.
    environment,
    concurrency: { group: `sterna-apply-${stack}`, "cancel-in-progress": false },
    steps: [
      checkout(),
      sterna(pipeline, { environment, variables: variablesOf(environment), access: "APPLY" }),
      script(
        pipeline,
        "Fetch what was reviewed",
        `mkdir -p ${OUTPUT}\nnpx --no-install sterna ci review ${system} ${environment} --out ${REVIEW}\n`,
        { env: JOB_TOKEN },
      ),
      script(pipeline, "Apply it", `npx --no-install sterna apply ${system} ${environment} --reviewed ${REVIEW}\n`),
    ],
  };
}

function jobName(stack: string): string {
  return `apply-${stack}`;
}
