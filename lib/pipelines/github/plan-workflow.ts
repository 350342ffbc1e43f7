import { fromTop, OUTPUT, REPORT, REVIEW, REVIEW_ARTIFACT, type Pipeline } from "../pipeline";
import {
  ACTIONS,
  expression,
  affectedJob,
  checkout,
  JOB_TOKEN,
  LOCK_TIMEOUT,
  login,
  MATRIX_VARIABLES,
  script,
  sterna,
} from "./jobs";

/** Days for which a reviewed plan can be applied. It contains no values, only digests. */
const REVIEW_DAYS = 30;

/** A comment on an older commit must not be mistaken for the plan of this one. */
const NO_PLAN = `mkdir -p ${OUTPUT}
echo "There is no plan: sterna plan failed, and the log of the run says why." > ${REPORT}
npx --no-install sterna ci comment ${REPORT} --about "plan of $STACK"
`;

/** Code of authors without write access gets neither secrets nor tokens. */
const OWN_BRANCH = "github.event.pull_request.head.repo.full_name == github.repository";
const SOMETHING_CHANGED = "needs.affected.outputs.stacks != '[]'";

/** A skipped check counts as passed, but what is merged without a plan is not applied. */
const FORK = `echo "::error::A pull request of a fork gets no plan: its code would run with the credentials of this repository. Push the change to a branch of this repository, and open the pull request from there."
exit 1
`;

/** On a pull request: plans, compares with what was proved, and comments. */
export function planWorkflow(pipeline: Pipeline): object {
  return {
    name: "sterna plan",
    on: {
      pull_request: { branches: [pipeline.branch] },
      // A merge queue is not planned: the apply compares the result with the review. But the queue waits for the check.
      merge_group: null,
    },
    permissions: {},
    concurrency: {
      group: `sterna-plan-${expression("github.event.pull_request.number || github.ref")}`,
      "cancel-in-progress": false,
    },
    env: LOCK_TIMEOUT,
    jobs: {
      affected: affectedJob(
        pipeline,
        expression("github.event.pull_request.base.sha"),
        // Without secrets, so it also runs for a fork.
        expression("github.event_name == 'pull_request'"),
      ),
      plan: {
        name: expression("matrix.stack"),
        needs: "affected",
        if: expression(`${OWN_BRANCH} && ${SOMETHING_CHANGED}`),
        "runs-on": "ubuntu-latest",
        "timeout-minutes": 60,
        permissions: { contents: "read", "pull-requests": "write", ...login(pipeline) },
        strategy: {
          "fail-fast": false,
          matrix: { include: expression("fromJSON(needs.affected.outputs.stacks)") },
        },
        steps: planSteps(pipeline),
      },
      planned: {
        name: "sterna plan",
        needs: ["affected", "plan"],
        if: expression("always()"),
        "runs-on": "ubuntu-latest",
        "timeout-minutes": 5,
        permissions: {},
        steps: [
          {
            name: "Require that all plans were made, and none was refused",
            if: expression("contains(needs.*.result, 'failure') || contains(needs.*.result, 'cancelled')"),
            shell: "bash",
            run: "exit 1\n",
          },
          {
            name: "Require a branch of this repository",
            if: expression(`github.event_name == 'pull_request' && !(${OWN_BRANCH}) && ${SOMETHING_CHANGED}`),
            shell: "bash",
            run: FORK,
          },
        ],
      },
    },
  };
}

function planSteps(pipeline: Pipeline): object[] {
  return [
    checkout(),
    sterna(pipeline, {
      id: "plan",
      environment: expression("matrix.environment"),
      variables: MATRIX_VARIABLES,
      arguments: [
        "plan",
        expression("matrix.system"),
        expression("matrix.environment"),
        "--out",
        REPORT,
        "--review",
        REVIEW,
      ],
      accepted: [0, 2, 3],
    }),
    script(
      pipeline,
      "Comment",
      `cat ${REPORT} >> "$GITHUB_STEP_SUMMARY"\nnpx --no-install sterna ci comment ${REPORT} --about "plan of $STACK"\n`,
      {
        if: expression("steps.plan.outputs.report != ''"),
        env: { ...JOB_TOKEN, STACK: expression("matrix.stack") },
      },
    ),
    {
      name: "Keep what is to be reviewed",
      if: expression("steps.plan.outputs.digest != ''"),
      uses: ACTIONS.upload,
      with: {
        name: `${REVIEW_ARTIFACT}${expression("matrix.stack")}`,
        path: fromTop(pipeline, REVIEW),
        "retention-days": REVIEW_DAYS,
        overwrite: true,
        "if-no-files-found": "error",
      },
    },
    script(pipeline, "Say that there is no plan", NO_PLAN, {
      if: expression("failure() && steps.plan.outcome == 'failure'"),
      env: { ...JOB_TOKEN, STACK: expression("matrix.stack") },
    }),
    script(pipeline, "Fail when a gate refuses the plan", "exit 3\n", {
      if: expression("steps.plan.outputs.status == '3'"),
    }),
  ];
}
