/**
 * The actions of others that jobs use. Each is pinned to the major version that runs on Node.js 24; pin them to commits
 * with a tool that knows these (pinact, ratchet, Dependabot): what they write is kept when the files are written again.
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

/** Folder of the action that is written beside the workflows, from the top of the repository. */
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
