import { OUTPUT, REPORT, REVIEW, type Pipeline, type PipelineStack } from "../pipeline";

const STERNA = "npx --no-install sterna";

/** Every shell of POSIX runs these: an image need not have bash. */
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

/** What the AWS SDKs and the provider read by themselves. */
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
export function beforeScript({ directory, clouds }: Pipeline): string[] {
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

/** Ends a job whose stack is as it was. */
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

export function planScript({ stack, system, environment }: PipelineStack): string[] {
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

export function applyScript({ stack, system, environment }: PipelineStack): string[] {
  return [
    affected(stack, "CI_COMMIT_BEFORE_SHA"),
    `${STERNA} ci review ${system} ${environment} --out ${REVIEW}
${STERNA} apply ${system} ${environment} --reviewed ${REVIEW}
`,
  ];
}

export function driftScript({ stack, system, environment }: PipelineStack): string[] {
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

export function promoteScript({ system, environment, before }: PipelineStack): string[] {
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
