import {
  type Pipeline,
  type PipelineFile,
  OUTPUT,
  REVIEW,
  type PipelineStack,
  REPORT,
  variableSuffix,
  environmentsOf,
  systemsOf,
} from "../pipeline";
import { yamlText } from "../written-file";
import { compositeAction } from "./composite-action";
import {
  OWN_ACTION,
  WORKFLOWS,
  expression,
  affectedJob,
  checkout,
  JOB_TOKEN,
  LOCK_TIMEOUT,
  login,
  script,
  sterna,
  variablesOf,
  MATRIX_VARIABLES,
  ACTIONS,
  writeVariables,
  type EnvironmentVariables,
} from "./jobs";
import { planWorkflow } from "./plan-workflow";

/** The workflows for GitHub Actions, and their shared action. */
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

/** On the branch: applies what was reviewed in the pull request, one environment after another. */
function applyWorkflow(pipeline: Pipeline): object {
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
    // Its protection rules define who must approve before the job starts.
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

const TELL = `if [ "$STATUS" -eq 0 ]; then
  npx --no-install sterna ci issue --about "drift of $STACK" --close
  exit 0
fi
if [ ! -f ${REPORT} ]; then
  echo "The plan was refused before there was a report; the log of the run says why." > ${REPORT}
fi
cat ${REPORT} >> "$GITHUB_STEP_SUMMARY"
npx --no-install sterna ci issue ${REPORT} --about "drift of $STACK"
exit "$STATUS"
`;

/** Scheduled: checks whether an apply would change anything. */
function driftWorkflow(pipeline: Pipeline): object {
  const include = pipeline.stacks.map(({ stack, system, environment }) => ({
    stack,
    system,
    environment,
    variable: variableSuffix(environment),
  }));
  return {
    name: "sterna drift",
    on: { schedule: [{ cron: pipeline.schedule }], workflow_dispatch: null },
    permissions: {},
    concurrency: { group: "sterna-drift", "cancel-in-progress": false },
    env: LOCK_TIMEOUT,
    jobs: {
      drift: {
        name: expression("matrix.stack"),
        "runs-on": "ubuntu-latest",
        "timeout-minutes": 60,
        permissions: { contents: "read", issues: "write", ...login(pipeline) },
        strategy: { "fail-fast": false, matrix: { include } },
        steps: [
          checkout(),
          sterna(pipeline, {
            id: "plan",
            environment: expression("matrix.environment"),
            variables: MATRIX_VARIABLES,
            arguments: ["plan", expression("matrix.system"), expression("matrix.environment"), "--out", REPORT],
            // Drift is unproved, so a protected environment refuses it.
            accepted: [0, 2, 3],
          }),
          script(pipeline, "Open, update or close the issue", TELL, {
            env: {
              ...JOB_TOKEN,
              STATUS: expression("steps.plan.outputs.status"),
              STACK: expression("matrix.stack"),
            },
          }),
        ],
      },
    },
  };
}

const PROMOTE = `status=0
npx --no-install sterna promote "$SYSTEM" "$FROM" "$TO" --no-plan || status=$?
case "$status" in
  0) exit 0 ;;
  2) npx --no-install sterna ci propose "$SYSTEM" "$TO" ;;
  *) exit "$status" ;;
esac
`;

/** Manual: raises one pin, if it is proved, and proposes it in a pull request. */
function promoteWorkflow(pipeline: Pipeline): object {
  const targets = pipeline.stacks.filter(({ before }) => before.length > 0);
  return {
    name: "sterna promote",
    on: {
      workflow_dispatch: {
        inputs: {
          system: { description: "System to promote", type: "choice", required: true, options: systemsOf(pipeline) },
          to: {
            description: "Environment that gets the release",
            type: "choice",
            required: true,
            options: environmentsOf({ stacks: targets }),
          },
        },
      },
    },
    permissions: {},
    concurrency: { group: "sterna-promote", "cancel-in-progress": false },
    jobs: {
      promote: {
        "runs-on": "ubuntu-latest",
        "timeout-minutes": 30,
        permissions: { contents: "write", "pull-requests": "write", ...login(pipeline) },
        env: {
          SYSTEM: expression("inputs.system"),
          FROM: expression(chosen(pipeline, ({ before }) => before.at(-1)!)),
          TO: expression("inputs.to"),
        },
        steps: promoteSteps(pipeline),
      },
    },
  };
}

function promoteSteps(pipeline: Pipeline): object[] {
  const from = chosen(pipeline, ({ before }) => variableSuffix(before.at(-1)!));
  const to = chosen(pipeline, ({ environment }) => variableSuffix(environment));
  const variables: EnvironmentVariables = {
    secret: (name) => expression(`secrets[format('${name}_{0}', ${from})]`),
    variable: (name) => expression(`vars[format('${name}_{0}', ${from})]`),
  };
  return [
    checkout({ "fetch-depth": 0 }),
    {
      // A pull request opened with the job's own token starts no workflow:
      // https://docs.github.com/en/actions/how-tos/write-workflows/choose-when-workflows-run/trigger-a-workflow
      id: "token",
      name: "Become the app that opens pull requests",
      if: expression("vars.STERNA_APP_ID != ''"),
      uses: ACTIONS.token,
      with: {
        "app-id": expression("vars.STERNA_APP_ID"),
        "private-key": expression("secrets.STERNA_APP_KEY"),
        "permission-contents": "write",
        "permission-pull-requests": "write",
      },
    },
    sterna(pipeline, { environment: expression("env.FROM"), variables }),
    writeVariables(pipeline, expression("env.TO"), expression(`secrets[format('STERNA_ENV_{0}', ${to})]`)),
    script(pipeline, "Raise the pin, and ask for it", PROMOTE, {
      env: { GITHUB_TOKEN: expression("steps.token.outputs.token || github.token") },
    }),
  ];
}

/** An expression that looks up a value by the chosen system and environment. */
function chosen({ stacks }: Pipeline, value: (stack: PipelineStack) => string): string {
  const targets = stacks.filter(({ before }) => before.length > 0);
  // A flat table: `}}` would look like the end of the expression.
  const table = Object.fromEntries(targets.map((stack) => [`${stack.system}/${stack.environment}`, value(stack)]));
  return `fromJSON('${JSON.stringify(table)}')[format('{0}/{1}', inputs.system, inputs.to)]`;
}
