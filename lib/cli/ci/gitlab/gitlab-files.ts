import { fromTop, REVIEW, type Pipeline, type PipelineFile, type PipelineStack } from "../pipeline";
import { yamlText } from "../written-file";
import { planJobName } from "./names";
import { applyScript, beforeScript, driftScript, planScript, promoteScript } from "./scripts";

/** Path of the file, which `.gitlab-ci.yml` has to include. */
const GITLAB_FILE = ".gitlab/sterna.yml";

const TEMPLATE = ".sterna";
const IN_BRANCH = (branch: string) => `$CI_COMMIT_BRANCH == "${branch}" && $CI_PIPELINE_SOURCE == "push"`;
/** Code of somebody without write access gets neither variables nor tokens. */
const IN_REQUEST = (branch: string) =>
  `$CI_PIPELINE_SOURCE == "merge_request_event" && $CI_MERGE_REQUEST_TARGET_BRANCH_NAME == "${branch}" && $CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID`;

/** The jobs for GitLab CI, to be included. Their stages are two that GitLab has by itself. */
export function gitlabFiles(pipeline: Pipeline): PipelineFile[] {
  const jobs = pipeline.stacks.flatMap((stack) => Object.entries(jobsOf(pipeline, stack)));
  const text = yamlText("sterna ci gitlab", { [TEMPLATE]: template(pipeline), ...Object.fromEntries(jobs) });
  return [{ path: GITLAB_FILE, text }];
}

function template(pipeline: Pipeline): object {
  const { node, terraform, clouds } = pipeline;
  const tokens = {
    ...(clouds.includes("aws") && { STERNA_AWS_TOKEN: { aud: "sts.amazonaws.com" } }),
    ...(clouds.includes("google") && {
      STERNA_GOOGLE_TOKEN: { aud: "https://iam.googleapis.com/$STERNA_GOOGLE_PROVIDER" },
    }),
  };
  return {
    image: `node:${node}`,
    variables: {
      TERRAFORM_VERSION: terraform,
      // Where the project is, from the top of the repository: artifacts are named from there.
      STERNA_DIRECTORY: pipeline.directory,
      TF_CLI_ARGS_plan: "-lock-timeout=10m",
      TF_CLI_ARGS_apply: "-lock-timeout=10m",
      // The commits to compare with.
      GIT_DEPTH: "0",
    },
    cache: { key: { files: [fromTop(pipeline, "package-lock.json")] }, paths: [".npm/"] },
    ...(clouds.length > 0 && { id_tokens: tokens }),
    before_script: beforeScript(pipeline),
  };
}

function jobsOf(pipeline: Pipeline, stack: PipelineStack): Record<string, object> {
  const { environment, before } = stack;
  const previous = before.at(-1);
  return {
    [planJobName(stack.stack)]: {
      ...job("test", `plan/${environment}`, environment),
      rules: [{ if: IN_REQUEST(pipeline.branch) }],
      script: planScript(stack),
      artifacts: { paths: [fromTop(pipeline, REVIEW)], expire_in: "30 days", access: "developer" },
    },
    [`sterna-apply-${stack.stack}`]: {
      ...job("deploy", environment, environment),
      // The first environment by itself, the others when somebody says so. That one does not overtake the other is
      // Sterna's own gate; `needs` would wait for environments in which nothing changed.
      rules: [{ if: IN_BRANCH(pipeline.branch), ...(previous && { when: "manual", allow_failure: true }) }],
      resource_group: `sterna-${stack.stack}`,
      interruptible: false,
      script: applyScript(stack),
    },
    [`sterna-drift-${stack.stack}`]: {
      ...job("test", `plan/${environment}`, environment),
      rules: [{ if: '$CI_PIPELINE_SOURCE == "schedule" && $STERNA_TASK == "drift"' }],
      script: driftScript(stack),
    },
    ...(previous && {
      [`sterna-promote-${stack.stack}`]: {
        ...job("test", `plan/${previous}`, previous),
        rules: [
          {
            if: `$CI_PIPELINE_SOURCE == "web" && $CI_COMMIT_BRANCH == "${pipeline.branch}" && $STERNA_PROMOTE == "${stack.stack}"`,
          },
        ],
        script: promoteScript(stack),
      },
    }),
  };
}

/** A job gets the variables whose scope is its environment. Looking at one is no deployment. */
function job(stage: string, scope: string, environment: string): object {
  return {
    extends: TEMPLATE,
    stage,
    environment: scope === environment ? { name: scope } : { name: scope, action: "prepare" },
    variables: { STERNA_ENVIRONMENT: environment },
  };
}
