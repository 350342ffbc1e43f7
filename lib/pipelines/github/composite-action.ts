import { fromTop, OUTPUT, REPORT, REVIEW, type Pipeline } from "../pipeline";
import { ACTIONS, expression, writeVariables } from "./jobs";

const given = (input: string) => expression(`inputs.${input} != ''`);
const input = (name: string) => expression(`inputs.${name}`);

const RUN = `mkdir -p ${OUTPUT}
mapfile -t arguments < <(printf '%s\\n' "$STERNA_ARGUMENTS" | sed '/^[[:space:]]*$/d')
status=0
npx --no-install sterna "\${arguments[@]}" || status=$?
{
  echo "status=$status"
  if [ -f ${REPORT} ]; then echo "report=$STERNA_DIRECTORY/${REPORT}"; fi
  if [ -f ${REVIEW} ]; then echo "digest=$(sha256sum ${REVIEW} | cut -d ' ' -f 1)"; fi
} >> "$GITHUB_OUTPUT"
case " $STERNA_ACCEPTED " in
  *" $status "*) ;;
  *) exit "$status" ;;
esac
`;

/** The action that all jobs share: the prerequisites of a command, and the command. */
export function compositeAction(pipeline: Pipeline): object {
  const { node, terraform, clouds, directory } = pipeline;
  const aws = clouds.includes("aws");
  const google = clouds.includes("google");
  return {
    name: "sterna",
    description: "Sets up Node.js, Terraform, the project and its credentials, and runs a command of sterna",
    inputs: {
      arguments: { description: "The command, one argument a line; without it, things are only set up", default: "" },
      accepted: { description: "Exit statuses that are no failure", default: "0" },
      environment: { description: "Environment that the variables are for", default: "" },
      variables: { description: "Variables with secrets, as in a dotenv file", default: "" },
      "node-version": { description: "Version of Node.js", default: node },
      "terraform-version": { description: "Version of Terraform", default: terraform },
      ...(aws && {
        "aws-role": { description: "ARN of the role to take on", default: "" },
        "aws-region": { description: "Region of AWS", default: "" },
      }),
      ...(google && {
        "google-provider": { description: "Full name of the workload identity provider", default: "" },
        "google-account": { description: "Service account to act as", default: "" },
      }),
    },
    outputs: {
      status: { description: "Exit status of the command", value: expression("steps.run.outputs.status") },
      report: { description: "Path of the report in Markdown", value: expression("steps.run.outputs.report") },
      digest: { description: "SHA-256 of what is to be reviewed", value: expression("steps.run.outputs.digest") },
    },
    runs: {
      using: "composite",
      steps: [
        {
          uses: ACTIONS.node,
          with: {
            "node-version": input("node-version"),
            cache: "npm",
            "cache-dependency-path": fromTop(pipeline, "package-lock.json"),
          },
        },
        {
          uses: ACTIONS.terraform,
          // The wrapper changes Terraform's output and exit status.
          with: { terraform_version: input("terraform-version"), terraform_wrapper: false },
        },
        // Before there is any secret that a package could read, although it could request the job's OIDC token.
        { name: "Install the project", shell: "bash", "working-directory": directory, run: "npm ci" },
        ...(aws
          ? [
              {
                if: given("aws-role"),
                uses: ACTIONS.aws,
                with: { "role-to-assume": input("aws-role"), "aws-region": input("aws-region") },
              },
            ]
          : []),
        ...(google
          ? [
              {
                if: given("google-provider"),
                uses: ACTIONS.google,
                with: {
                  workload_identity_provider: input("google-provider"),
                  service_account: input("google-account"),
                },
              },
            ]
          : []),
        { ...writeVariables(pipeline, input("environment"), input("variables")), if: given("variables") },
        {
          id: "run",
          name: "Run sterna",
          if: given("arguments"),
          shell: "bash",
          "working-directory": directory,
          env: {
            STERNA_ARGUMENTS: input("arguments"),
            STERNA_ACCEPTED: input("accepted"),
            STERNA_DIRECTORY: directory,
          },
          run: RUN,
        },
      ],
    },
  };
}
