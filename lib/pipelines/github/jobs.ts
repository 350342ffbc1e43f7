import { variableSuffix, type Pipeline } from "../pipeline";

/**
 * Third-party actions in jobs. Each is pinned to the major version that runs on Node.js 24. Pin them to commits with a
 * tool that supports it (pinact, ratchet, Dependabot): its changes are kept when the files are written again.
 */
export const ACTIONS = {
  checkout: "actions/checkout@v6",
  node: "actions/setup-node@v6",
  terraform: "hashicorp/setup-terraform@v4",
  aws: "aws-actions/configure-aws-credentials@v5",
  google: "google-github-actions/auth@v3",
  upload: "actions/upload-artifact@v6",
  token: "actions/create-github-app-token@v2",
} as const;

/** Folder of the action that is written next to the workflows, from the top of the repository. */
export const OWN_ACTION = ".github/actions/sterna";

/** File names of the workflows. */
export const WORKFLOWS = {
  plan: ".github/workflows/sterna-plan.yml",
  apply: ".github/workflows/sterna-apply.yml",
  drift: ".github/workflows/sterna-drift.yml",
  promote: ".github/workflows/sterna-promote.yml",
} as const;

/** `${{ text }}` */
export function expression(text: string): string {
  return `\${{ ${text} }}`;
}

/** A step of a job. */
export type Step = Readonly<Record<string, unknown>>;

/** Reads the stack's own variables. A matrix selects them by name; the other jobs list them. */
export interface EnvironmentVariables {
  secret(name: string): string;
  variable(name: string): string;
}

/** The variables of one environment, by name. */
export function variablesOf(environment: string): EnvironmentVariables {
  const suffix = variableSuffix(environment);
  return {
    secret: (name) => expression(`secrets.${name}_${suffix}`),
    variable: (name) => expression(`vars.${name}_${suffix}`),
  };
}

/** The variables of the current environment in a matrix, whose `variable` holds the suffix of their names. */
export const MATRIX_VARIABLES: EnvironmentVariables = {
  secret: (name) => expression(`secrets[format('${name}_{0}', matrix.variable)]`),
  variable: (name) => expression(`vars[format('${name}_{0}', matrix.variable)]`),
};

/** What a job may do in the clouds: read, or change. */
export type Access = "PLAN" | "APPLY";

export function checkout(options: Readonly<Record<string, unknown>> = {}): Step {
  // Any package could read credentials that the checkout leaves in .git.
  return { uses: ACTIONS.checkout, with: { ...options, "persist-credentials": false } };
}

/** Options of the shared action. */
export interface ActionUse {
  /** Id by which later steps refer to the outputs. */
  readonly id?: string;
  readonly environment?: string;
  readonly variables?: EnvironmentVariables;
  readonly access?: Access;
  /** The command. If absent, only the setup runs. */
  readonly arguments?: readonly string[];
  /** Exit statuses that are not a failure. */
  readonly accepted?: readonly number[];
}

/** Runs the setup and a command. */
export function sterna({ clouds }: Pipeline, use: ActionUse = {}): Step {
  const { id, environment, variables, access = "PLAN", accepted } = use;
  const inputs = {
    ...(use.arguments && { arguments: `${use.arguments.join("\n")}\n` }),
    ...(accepted && { accepted: accepted.join(" ") }),
    ...(environment && variables && { environment, variables: variables.secret("STERNA_ENV") }),
    ...(variables &&
      clouds.includes("aws") && {
        "aws-role": variables.variable(`STERNA_AWS_${access}_ROLE`),
        "aws-region": expression("vars.STERNA_AWS_REGION"),
      }),
    ...(variables &&
      clouds.includes("google") && {
        "google-provider": expression("vars.STERNA_GOOGLE_PROVIDER"),
        "google-account": variables.variable(`STERNA_GOOGLE_${access}_ACCOUNT`),
      }),
  };
  return {
    ...(id && { id }),
    uses: `./${OWN_ACTION}`,
    ...(Object.keys(inputs).length > 0 && { with: inputs }),
  };
}

/** A script in the project's folder. */
export function script(
  { directory }: Pipeline,
  name: string,
  run: string,
  options: Readonly<Record<string, unknown>> = {},
): Step {
  return { name, ...options, shell: "bash", "working-directory": directory, run };
}

/** Shorter values, such as a port, occur everywhere in a log. */
const SHORTEST_MASKED = 6;

/**
 * Values are passed as variables: an expression inside of a script would become part of it. GitHub masks a secret as a
 * whole and line by line, but not the value within a line
 * (https://docs.github.com/en/actions/reference/security/secure-use#use-secrets-for-sensitive-information).
 */
const WRITE_VARIABLES = `umask 077
while IFS= read -r line; do
  [[ $line == *=* ]] || continue
  value=\${line#*=}
  value=\${value#[\\"\\']}
  value=\${value%[\\"\\']}
  if [ "\${#value}" -ge ${SHORTEST_MASKED} ]; then echo "::add-mask::\${value//%/%25}"; fi
done <<< "$STERNA_VARIABLES"
mkdir -p .sterna
printf '%s\\n' "$STERNA_VARIABLES" > ".sterna/$STERNA_ENVIRONMENT.env"
`;

/** Writes the variables with secrets of an environment to where all commands read them. */
export function writeVariables(pipeline: Pipeline, environment: string, variables: string): Step {
  return script(pipeline, "Write the variables with secrets", WRITE_VARIABLES, {
    env: { STERNA_ENVIRONMENT: environment, STERNA_VARIABLES: variables },
  });
}

/** Permissions of a job that logs in to the clouds. */
export function login({ clouds }: Pipeline): Readonly<Record<string, string>> {
  return clouds.length > 0 ? { "id-token": "write" } : {};
}

/** The job's own token, with the job's permissions. */
export const JOB_TOKEN = { GITHUB_TOKEN: expression("github.token") };

/** A plan waits for an apply that holds the state lock. */
export const LOCK_TIMEOUT = {
  TF_CLI_ARGS_plan: "-lock-timeout=10m",
  TF_CLI_ARGS_apply: "-lock-timeout=10m",
};

/** A job that lists the stacks that changed since a commit, as a line of JSON. */
export function affectedJob(pipeline: Pipeline, since: string, condition?: string): object {
  return {
    name: "What changed",
    ...(condition && { if: condition }),
    "runs-on": "ubuntu-latest",
    "timeout-minutes": 15,
    permissions: { contents: "read" },
    outputs: { stacks: expression("steps.affected.outputs.stacks") },
    steps: [
      checkout({ "fetch-depth": 0 }),
      sterna(pipeline),
      script(
        pipeline,
        "Compare with what was",
        `stacks=$(npx --no-install sterna ci affected --since "$SINCE" ${onlySystems(pipeline)}|| test $? -eq 2)\necho "stacks=$stacks" >> "$GITHUB_OUTPUT"\n`,
        { id: "affected", env: { SINCE: since } },
      ),
    ],
  };
}

function onlySystems({ stacks }: Pipeline): string {
  return [...new Set(stacks.map(({ system }) => system))].map((system) => `--system ${system} `).join("");
}
