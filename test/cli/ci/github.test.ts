import { describe, expect, it } from "@jest/globals";
import { execaSync } from "execa";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { githubFiles } from "../../../lib/pipelines/github/github-files";
import { scratchDirectory } from "../../support/repository";
import { requires } from "../../support/requirements";
import { actionlint, lintForGitHub, shellcheck } from "./lint";
import { examplePipeline } from "./pipeline-example";
import { runWorkflowJob, type FinishedJob } from "./workflow-job";

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

/** Runs the job that branches require. */
async function check(contexts: Readonly<Record<string, unknown>>): Promise<FinishedJob> {
  const directory = scratchDirectory("github-check");
  for (const { path, text } of files) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  const job = await runWorkflowJob({
    ...{ directory, workflow: ".github/workflows/sterna-plan.yml", job: "planned", contexts },
    ...{ environment: { PATH: process.env.PATH! }, artifacts: directory },
  });
  rmSync(directory, { recursive: true });
  return job;
}

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
    const { plan, affected } = read("sterna-plan").jobs;
    expect(plan!.if).toContain("github.event.pull_request.head.repo.full_name == github.repository && ");
    // What runs for a fork gets neither secrets nor a token that may write.
    expect(JSON.stringify(affected)).not.toMatch(/secrets|id-token|github\.token/);
    expect(affected!.permissions).toEqual({ contents: "read" });
    const checkouts = steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"));
    expect(checkouts.every((step) => step.with?.["persist-credentials"] === false)).toBe(true);
  });

  it.each([
    ["passes where nothing is to be planned, also for a fork", "mallory/shop", "[]", true],
    ["passes a branch of its own that was planned", "example/shop", "[1]", true],
    ["does not pass a fork that would be merged without a plan", "mallory/shop", "[1]", false],
    ["does not pass a fork that is gone", null, "[1]", false],
  ])("has a check that %s", async (_name, full_name, stacks, passes) => {
    // GIVEN
    const event = { pull_request: { head: { repo: full_name === null ? null : { full_name } } } };
    const needs = { affected: { result: "success", outputs: { stacks } }, plan: { result: "success", outputs: {} } };

    // WHEN
    const { failed, steps: ran } = await check({
      github: { event, event_name: "pull_request", repository: "example/shop" },
      needs,
    });

    // THEN
    expect(failed).toBe(!passes);
    if (!passes) expect(ran[0]!.stdout).toMatch(/^::error::A pull request of a fork gets no plan/);
  });

  it("has a check that a merge queue does not wait for in vain", async () => {
    expect(read("sterna-plan").on).toHaveProperty("merge_group");

    const skipped = { result: "skipped", outputs: {} };
    const github = { event: { merge_group: {} }, event_name: "merge_group", repository: "example/shop" };

    expect(await check({ github, needs: { affected: skipped, plan: skipped } })).toMatchObject({ failed: false });
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

  it("hides the values of variables with secrets, which GitHub does not find in their lines", () => {
    // GIVEN
    const directory = scratchDirectory("github-variables");
    const { run } = action.runs.steps.find(({ name }) => name === "Write the variables with secrets")!;
    const text = "URL=postgres://shop:p%40ss@db/shop\nTOKEN='s3cr3t t0k3n'\n# note\nPORT=5432\n";

    // WHEN
    const { stdout } = execaSync("bash", ["-eo", "pipefail", "-c", run!], {
      cwd: directory,
      env: { STERNA_ENVIRONMENT: "staging", STERNA_VARIABLES: text },
    });

    // THEN
    expect(stdout.split("\n")).toEqual(["::add-mask::postgres://shop:p%2540ss@db/shop", "::add-mask::s3cr3t t0k3n"]);
    expect(readFileSync(join(directory, ".sterna/staging.env"), "utf8")).toBe(`${text}\n`);
    rmSync(directory, { recursive: true });
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
