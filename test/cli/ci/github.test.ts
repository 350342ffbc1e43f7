import { describe, expect, it } from "@jest/globals";
import { parse } from "yaml";
import { githubFiles } from "../../../lib/cli/ci/github/github-files";
import { requires } from "../../support/requirements";
import { actionlint, lintForGitHub, shellcheck } from "./lint";
import { examplePipeline } from "./pipeline-example";

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly needs?: readonly string[] | string;
  readonly if?: string;
  readonly environment?: string;
  readonly permissions: Readonly<Record<string, string>>;
  readonly concurrency?: Readonly<Record<string, unknown>>;
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: object;
  readonly jobs: Readonly<Record<string, Job>>;
}

const files = githubFiles(examplePipeline());
const isWorkflow = ({ path }: { readonly path: string }) => path.includes("/workflows/");
const read = (name: string): Workflow => parse(files.find(({ path }) => path.includes(name))!.text);
const workflows = files.filter(isWorkflow).map(({ text }) => parse(text) as Workflow);
const action = parse(files.find(({ path }) => path.endsWith("/action.yml"))!.text) as {
  readonly runs: { readonly steps: readonly Step[] };
};
const steps = [
  ...workflows.flatMap(({ jobs }) => Object.values(jobs).flatMap((job) => job.steps)),
  ...action.runs.steps,
];

describe("the pipeline for GitHub Actions", () => {
  it("has nothing that GitHub's own checker finds, in any combination of clouds and folders", () => {
    const all = [
      ...files,
      ...githubFiles(examplePipeline({ clouds: [], directory: "infrastructure/shop" })),
      ...githubFiles(examplePipeline({ clouds: ["aws"], stacks: examplePipeline().stacks.slice(0, 1) })),
    ];

    // Beside one that has a mistake: the checker works, and knows the names of things.
    const broken = { path: "broken.yml", text: files[1]!.text.replace("timeout-minutes", "timeout") };

    expect(lintForGitHub([...all, broken])).toEqual([
      expect.stringMatching(/^broken\.yml:\d+: Unexpected value 'timeout'$/),
    ]);
  });

  it("has nothing that actionlint finds", async () => {
    expect(await actionlint(files.filter(isWorkflow))).toEqual([]);
  });

  it("never puts a value into a script: values are passed as variables", () => {
    const scripts = steps.flatMap(({ run }) => run ?? []);

    expect(scripts.length).toBeGreaterThan(10);
    expect(scripts.filter((script) => script.includes("${{"))).toEqual([]);
  });

  it("gives no job more than it needs, and none the right to change what is not its own", () => {
    const permissions = Object.fromEntries(
      workflows.flatMap(({ jobs }) => Object.entries(jobs).map(([name, job]) => [name, job.permissions])),
    );

    expect(workflows.map((workflow) => workflow.permissions)).toEqual(workflows.map(() => ({})));
    expect(permissions).toMatchObject({
      affected: { contents: "read" },
      plan: { contents: "read", "pull-requests": "write", "id-token": "write" },
      planned: {},
      "apply-shop-eu-production": { contents: "read", actions: "read", "pull-requests": "read", "id-token": "write" },
      drift: { contents: "read", issues: "write", "id-token": "write" },
      promote: { contents: "write", "pull-requests": "write", "id-token": "write" },
    });
    const withoutClouds = githubFiles(examplePipeline({ clouds: [] }));
    expect(withoutClouds.filter(({ text }) => text.includes("id-token"))).toEqual([]);
  });

  it("runs code of a pull request only where it has no more rights than its author", () => {
    expect(workflows.flatMap(({ on }) => Object.keys(on))).not.toContain("pull_request_target");
    expect(read("sterna-plan").jobs.affected!.if).toBe(
      "${{ github.event.pull_request.head.repo.full_name == github.repository }}",
    );
    const checkouts = steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"));
    expect(checkouts.every((step) => step.with?.["persist-credentials"] === false)).toBe(true);
  });

  it("installs the project before there is a secret that a package could read", () => {
    const order = action.runs.steps.map(
      ({ uses, run, name }) => uses?.split("@")[0] ?? (run === "npm ci" ? run : name),
    );

    expect(order).toEqual([
      "actions/setup-node",
      "hashicorp/setup-terraform",
      "npm ci",
      "aws-actions/configure-aws-credentials",
      "google-github-actions/auth",
      "Write the variables with secrets",
      "Run sterna",
    ]);
  });

  it("names a version for each action of others", () => {
    const used = new Set(steps.flatMap(({ uses }) => uses ?? []));

    expect([...used].filter((uses) => !/^(\.\/|[\w-]+\/[\w-]+@v\d+)/.test(uses))).toEqual([]);
  });

  it("applies one environment after the other, never two applies at once, and never breaks one off", () => {
    const { jobs } = read("sterna-apply");

    expect(jobs["apply-shop-eu-production"]).toMatchObject({
      needs: ["affected", "apply-shop-development", "apply-shop-staging"],
      environment: "eu-production",
      concurrency: { group: "sterna-apply-shop-eu-production", "cancel-in-progress": false },
    });
    expect(jobs["apply-app-ef-development"]).toMatchObject({ needs: ["affected"], environment: "development" });
    expect(Object.values(jobs).flatMap(({ concurrency }) => concurrency?.["cancel-in-progress"] ?? [])).not.toContain(
      true,
    );
  });

  it("writes no promotion where there is nothing to promote to", () => {
    const [first] = examplePipeline().stacks;

    const paths = githubFiles(examplePipeline({ stacks: [first!] })).map(({ path }) => path);

    expect(paths).toHaveLength(4);
    expect(paths).not.toContain(".github/workflows/sterna-promote.yml");
  });
});

requires("shellcheck")("the scripts of the pipeline for GitHub Actions", () => {
  it("have nothing that shellcheck finds", () => {
    const scripts = [...new Set(steps.flatMap(({ run }) => run ?? []))].filter(
      (script) => !/app-ef|develop/.test(script),
    );

    expect(scripts.flatMap((script) => shellcheck(script, "bash"))).toEqual([]);
  });
});
