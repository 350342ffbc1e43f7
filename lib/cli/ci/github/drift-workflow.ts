import { REPORT, variableSuffix, type Pipeline } from "../pipeline";
import { expression } from "./actions";
import { checkout, JOB_TOKEN, LOCK_TIMEOUT, login, MATRIX_VARIABLES, script, sterna } from "./jobs";

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

/** By schedule: looks whether an apply would change anything. */
export function driftWorkflow(pipeline: Pipeline): object {
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
            // What changed by itself was proved by nobody: a protected environment refuses it.
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
