import { environmentsOf, systemsOf, variableSuffix, type Pipeline, type PipelineStack } from "../pipeline";
import {
  ACTIONS,
  expression,
  checkout,
  login,
  script,
  sterna,
  writeVariables,
  type EnvironmentVariables,
} from "./jobs";

const PROMOTE = `status=0
npx --no-install sterna promote "$SYSTEM" "$FROM" "$TO" --no-plan || status=$?
case "$status" in
  0) exit 0 ;;
  2) npx --no-install sterna ci propose "$SYSTEM" "$TO" ;;
  *) exit "$status" ;;
esac
`;

/** By hand: raises one pin, if it is proved, and asks for it in a pull request. */
export function promoteWorkflow(pipeline: Pipeline): object {
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
      // A pull request that is opened with the job's own token starts no workflow:
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

/** An expression that looks something up by the chosen system and environment. */
function chosen({ stacks }: Pipeline, value: (stack: PipelineStack) => string): string {
  const targets = stacks.filter(({ before }) => before.length > 0);
  // Of one level: `}}` would look like the end of the expression.
  const table = Object.fromEntries(targets.map((stack) => [`${stack.system}/${stack.environment}`, value(stack)]));
  return `fromJSON('${JSON.stringify(table)}')[format('{0}/{1}', inputs.system, inputs.to)]`;
}
