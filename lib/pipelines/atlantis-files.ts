import type { Pipeline, PipelineFile, PipelineStack } from "./pipeline";
import { yamlText } from "./written-file";

const COMMAND = "sterna ci atlantis";

/** Where Atlantis reads its projects: only at the top of the repository, under this name. */
const ATLANTIS_FILE = "atlantis.yaml";
/** What belongs on the server, in addition to its existing configuration. */
const ATLANTIS_SERVER_FILE = "atlantis-server.yaml";

/**
 * The projects for Atlantis, and their workflows.
 *
 * The workflows are in the server's configuration, so that no pull request changes what runs before an apply
 * (https://www.runatlantis.io/docs/server-side-repo-config). A plan still runs the app of the pull request.
 */
export function atlantisFiles(pipeline: Pipeline): PipelineFile[] {
  return [
    { path: ATLANTIS_FILE, text: yamlText(COMMAND, repositoryConfig(pipeline)) },
    { path: ATLANTIS_SERVER_FILE, text: yamlText(COMMAND, serverConfig(pipeline)) },
  ];
}

function repositoryConfig(pipeline: Pipeline): object {
  return {
    version: 3,
    abort_on_execution_order_fail: true,
    projects: pipeline.stacks.map((stack) => ({
      name: stack.stack,
      dir: pipeline.directory,
      branch: `/^${pipeline.branch.replace(/[.]/g, "\\.")}$/`,
      // A separate folder on the server, so that plans of two stacks do not collide.
      workspace: stack.stack,
      workflow: workflowName(stack),
      // No `depends_on`: it would wait for environments without changes. Sterna's own gate keeps an environment from
      // overtaking the previous one.
      execution_order_group: stack.before.length,
      autoplan: { enabled: true, when_modified: ["**/*", "!evidence/**", "!docs/**", "!*.md"] },
    })),
  };
}

function serverConfig(pipeline: Pipeline): object {
  return {
    repos: [
      {
        // Narrow it to the repository: github.com/example/shop
        id: "/.*/",
        plan_requirements: [],
        apply_requirements: ["approved", "mergeable", "undiverged"],
        allowed_overrides: ["workflow"],
        allowed_workflows: pipeline.stacks.map(workflowName),
        allow_custom_workflows: false,
      },
    ],
    workflows: Object.fromEntries(pipeline.stacks.map((stack) => [workflowName(stack), workflow(stack)])),
  };
}

/**
 * Atlantis keeps the folder of the plan until the apply, so the saved plan itself is applied, and checked by its
 * digest.
 */
function workflow({ stack, system, environment }: PipelineStack): object {
  return {
    plan: {
      steps: [
        { run: { command: "npm ci", output: "hide" } },
        // Changes are not a failure.
        { run: `npx --no-install sterna plan ${system} ${environment} || test $? -eq 2` },
        // This file tells Atlantis that there is something to apply.
        { run: `cp .sterna/plans/${stack}.tfplan "$PLANFILE"` },
      ],
    },
    apply: {
      steps: [{ run: `npx --no-install sterna apply ${system} ${environment}` }, { run: 'rm -f "$PLANFILE"' }],
    },
  };
}

function workflowName({ stack }: PipelineStack): string {
  return `sterna-${stack}`;
}
