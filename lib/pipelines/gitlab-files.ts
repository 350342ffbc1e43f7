import { fromTop, REVIEW, type Pipeline, type PipelineFile, type PipelineStack, OUTPUT, REPORT } from "./pipeline";
import { yamlText } from "./written-file";

/** Path of the file that `.gitlab-ci.yml` must include. */
const GITLAB_FILE = ".gitlab/sterna.yml";

const TEMPLATE = ".sterna";
const IN_BRANCH = (branch: string) => `$CI_COMMIT_BRANCH == "${branch}" && $CI_PIPELINE_SOURCE == "push"`;
/** Code of authors without write access gets neither variables nor tokens. */
const IN_REQUEST = (branch: string) =>
  `$CI_PIPELINE_SOURCE == "merge_request_event" && $CI_MERGE_REQUEST_TARGET_BRANCH_NAME == "${branch}" && $CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID`;

/** The jobs for GitLab CI, to be included. They use two default stages of GitLab. */
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
      // Folder of the project, from the top of the repository: artifact paths are relative to the top.
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
      // The first environment runs automatically, the others manually. Sterna's own gate keeps one from overtaking
      // another; `needs` would wait for environments without changes.
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

/** A job receives the variables whose scope is its environment. A read-only job is not a deployment. */
function job(stage: string, scope: string, environment: string): object {
  return {
    extends: TEMPLATE,
    stage,
    environment: scope === environment ? { name: scope } : { name: scope, action: "prepare" },
    variables: { STERNA_ENVIRONMENT: environment },
  };
}

const STERNA = "npx --no-install sterna";

/** Works in every POSIX shell, since an image may lack bash. */
const TERRAFORM = `if ! command -v terraform > /dev/null; then
  archive="terraform_\${TERRAFORM_VERSION}_linux_$(dpkg --print-architecture).zip"
  release="https://releases.hashicorp.com/terraform/$TERRAFORM_VERSION"
  curl -fsSL --output "/tmp/$archive" "$release/$archive"
  curl -fsSL "$release/terraform_\${TERRAFORM_VERSION}_SHA256SUMS" | grep " $archive\\$" > /tmp/sums
  (cd /tmp && sha256sum --check --quiet sums)
  unzip -q -o "/tmp/$archive" terraform -d /usr/local/bin
fi
`;

const INSTALL = `npm ci --cache "$CI_PROJECT_DIR/.npm" --prefer-offline
`;

const VARIABLES = `if [ -n "\${STERNA_ENV:-}" ]; then
  (umask 077 && mkdir -p .sterna && printf '%s\\n' "$STERNA_ENV" > ".sterna/$STERNA_ENVIRONMENT.env")
fi
`;

/** Variables that the AWS SDKs and the provider read themselves. */
const AWS = `if [ -n "\${STERNA_AWS_ROLE:-}" ]; then
  AWS_WEB_IDENTITY_TOKEN_FILE=$(mktemp)
  printf '%s' "$STERNA_AWS_TOKEN" > "$AWS_WEB_IDENTITY_TOKEN_FILE"
  AWS_ROLE_ARN=$STERNA_AWS_ROLE
  AWS_ROLE_SESSION_NAME="gitlab-$CI_PROJECT_ID-$CI_PIPELINE_ID"
  export AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN AWS_ROLE_SESSION_NAME
fi
`;

/** https://google.aip.dev/auth/4117 */
const GOOGLE = `if [ -n "\${STERNA_GOOGLE_ACCOUNT:-}" ]; then
  token=$(mktemp)
  printf '%s' "$STERNA_GOOGLE_TOKEN" > "$token"
  GOOGLE_APPLICATION_CREDENTIALS=$(mktemp)
  cat > "$GOOGLE_APPLICATION_CREDENTIALS" <<END
{
  "type": "external_account",
  "audience": "//iam.googleapis.com/$STERNA_GOOGLE_PROVIDER",
  "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
  "token_url": "https://sts.googleapis.com/v1/token",
  "credential_source": { "file": "$token" },
  "service_account_impersonation_url": "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/$STERNA_GOOGLE_ACCOUNT:generateAccessToken"
}
END
  export GOOGLE_APPLICATION_CREDENTIALS
fi
`;

/** Before each job: the tools, the project, and only then the credentials. */
function beforeScript({ directory, clouds }: Pipeline): string[] {
  return [
    ...(directory === "." ? [] : [`cd "${directory}"\n`]),
    TERRAFORM,
    INSTALL,
    VARIABLES,
    ...(clouds.includes("aws") ? [AWS] : []),
    ...(clouds.includes("google") ? [GOOGLE] : []),
    `mkdir -p ${OUTPUT}\n`,
  ];
}

/** Ends a job whose stack has not changed. */
function affected(stack: string, since: string): string {
  return `status=0
${STERNA} ci affected --since "$${since}" --stack ${stack} || status=$?
case "$status" in
  0) exit 0 ;;
  2) ;;
  *) exit "$status" ;;
esac
`;
}

function planScript({ stack, system, environment }: PipelineStack): string[] {
  return [
    affected(stack, "CI_MERGE_REQUEST_DIFF_BASE_SHA"),
    `status=0
${STERNA} plan ${system} ${environment} --out ${REPORT} --review ${REVIEW} || status=$?
if [ ! -f ${REPORT} ]; then
  echo "There is no plan: sterna plan failed, and the log of the job says why." > ${REPORT}
fi
${STERNA} ci comment ${REPORT} --about "plan of ${stack}"
case "$status" in
  0 | 2) ;;
  *) exit "$status" ;;
esac
`,
  ];
}

function applyScript({ stack, system, environment }: PipelineStack): string[] {
  return [
    affected(stack, "CI_COMMIT_BEFORE_SHA"),
    `${STERNA} ci review ${system} ${environment} --out ${REVIEW}
${STERNA} apply ${system} ${environment} --reviewed ${REVIEW}
`,
  ];
}

function driftScript({ stack, system, environment }: PipelineStack): string[] {
  return [
    `status=0
${STERNA} plan ${system} ${environment} --out ${REPORT} || status=$?
case "$status" in
  0) ${STERNA} ci issue --about "drift of ${stack}" --close ;;
  2 | 3)
    if [ ! -f ${REPORT} ]; then
      echo "The plan was refused before there was a report; the log of the job says why." > ${REPORT}
    fi
    ${STERNA} ci issue ${REPORT} --about "drift of ${stack}"
    ;;
esac
exit "$status"
`,
  ];
}

function promoteScript({ system, environment, before }: PipelineStack): string[] {
  return [
    `if [ -n "\${STERNA_ENV_TO:-}" ]; then
  (umask 077 && mkdir -p .sterna && printf '%s\\n' "$STERNA_ENV_TO" > .sterna/${environment}.env)
fi
status=0
${STERNA} promote ${system} ${before.at(-1)!} ${environment} --no-plan || status=$?
case "$status" in
  0) ;;
  2) ${STERNA} ci propose ${system} ${environment} ;;
  *) exit "$status" ;;
esac
`,
  ];
}

/** Name of the job that plans a stack. The apply job looks for it. */
export function planJobName(stack: string): string {
  return `sterna-plan-${stack}`;
}
