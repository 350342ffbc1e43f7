import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { execa } from "execa";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { scriptStep, TestProject } from "../../cli/project";
import { runWorkflowJob, type FinishedJob, type JobRequest } from "../../cli/ci/workflow-job";
import { GitHubContractModel } from "../../support/github-contract-model";
import { GitLabContractModel } from "../../support/gitlab-contract-model";
import { repositoryRoot, scratchDirectory } from "../../support/repository";
import { requires } from "../../support/requirements";
import { terraformEnvironment } from "../../support/terraform-environment";
import { buildCli, sterna } from "./sterna";

const PINS = { development: "0.1.0", staging: "0.1.0", production: "0.1.0" };
const stepThat = (up: string, world: string) => {
  const step = scriptStep("two", "2.0.0", { after: ["one"], variables: { WORLD: world } });
  return { ...step, program: { ...step.program, up } as never };
};

/**
 * The jobs of the pipelines that `sterna ci` writes, in fresh checkouts of one repository, with real Terraform and the
 * real provider. GitHub and GitLab are contract models.
 */
requires("terraform")("pipelines, run job by job", () => {
  const kept = scratchDirectory("ci-kept");
  const runner = join(kept, "runner");
  const world = join(kept, "world");
  let github: GitHubContractModel;
  let project: TestProject;
  let main: string;
  const git = (directory: string, ...args: string[]) =>
    execFileSync("git", ["-c", "user.name=ana", "-c", "user.email=ana@example.org", ...args], {
      cwd: directory,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  const commit = (message: string): string => {
    git(project.directory, "add", "--all");
    git(project.directory, "commit", "--quiet", "--message", message);
    return git(project.directory, "rev-parse", "HEAD");
  };
  const define = (up: string) =>
    project.define({
      steps: [scriptStep("one", "1.0.0", { variables: { WORLD: world } }), stepThat(up, world)],
      provider: true,
      backend: { local: { path: join(kept, "@stack@.tfstate") } },
      ledger: { kind: "file", directory: join(kept, "ledger/@stack@") },
    });

  /** A runner has nothing but what is committed, always in the same folder. */
  const checkout = (sha: string) => {
    rmSync(runner, { recursive: true, force: true });
    git(kept, "clone", "--quiet", project.directory, runner);
    git(runner, "checkout", "--quiet", sha);
    mkdirSync(join(runner, "node_modules/.bin"), { recursive: true });
    symlinkSync(join(repositoryRoot, "dist/bin/sterna.js"), join(runner, "node_modules/.bin/sterna"));
  };
  const run = (
    workflow: string,
    job: string,
    contexts: JobRequest["contexts"],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<FinishedJob> =>
    runWorkflowJob({
      directory: runner,
      workflow: `.github/workflows/sterna-${workflow}.yml`,
      job,
      contexts: { vars: {}, secrets: {}, matrix: {}, needs: {}, inputs: {}, ...contexts },
      environment: { ...terraformEnvironment(github.variables(environment)), HOME: kept },
      artifacts: join(kept, "artifacts"),
    });
  const matrix = { stack: "shop-development", system: "shop", environment: "development", variable: "DEVELOPMENT" };
  const affected = { result: "success", outputs: { stacks: JSON.stringify([matrix]) } };

  const plan = (head: string) => {
    checkout(head);
    const event = { pull_request: { number: 7, base: { sha: main }, head: { repo: { full_name: "example/shop" } } } };
    const contexts = {
      github: { event, event_name: "pull_request", repository: "example/shop", token: github.token },
    };
    return {
      affected: () => run("plan", "affected", contexts),
      plan: () =>
        run("plan", "plan", { ...contexts, matrix, needs: { affected } }, { GITHUB_REF: "refs/pull/7/merge" }),
    };
  };
  const apply = (sha: string, stack: string) => {
    checkout(sha);
    const contexts = { github: { event: { before: main }, token: github.token }, needs: { affected } };
    return run("apply", `apply-${stack}`, contexts, { GITHUB_SHA: sha });
  };
  const drift = () => {
    checkout("HEAD");
    return run("drift", "drift", { github: { token: github.token }, matrix });
  };
  /** What GitHub does with a pull request: one new commit, whatever the branch was made of. */
  const squash = (number: number, head: string): string => {
    git(project.directory, "switch", "--quiet", "main");
    git(project.directory, "merge", "--quiet", "--squash", head);
    const merge = commit(`Pull request (#${number})`);
    const pull = { number, title: "", merged_at: "2026-01-01T00:00:00Z", base: { ref: "main" }, merge };
    github.pulls.push({ ...pull, head: { sha: head, ref: "change" } });
    const file = join(kept, "artifacts/sterna-review-shop-development/review.json");
    const files = { "review.json": readFileSync(file, "utf8") };
    github.addArtifact({ name: "sterna-review-shop-development", headSha: head, files });
    return merge;
  };
  const branch = (name: string, change: () => void): string => {
    git(project.directory, "switch", "--quiet", "--create", name, "main");
    change();
    const head = commit(name);
    git(project.directory, "switch", "--quiet", "main");
    return head;
  };

  beforeAll(async () => {
    await buildCli();
    github = await GitHubContractModel.start();
    project = new TestProject({ pins: PINS });
    // Jobs push to the address that GitHub gives them.
    const insteadOf = "https://github.example.org/example/shop.git";
    writeFileSync(join(kept, ".gitconfig"), `[url "${project.directory}"]\n\tinsteadOf = ${insteadOf}\n`);
    project.write("environments.json", {
      environments: Object.keys(PINS).map((name) => ({ name })),
      records: { kind: "file", directory: join(kept, "records") },
    });
    define('echo up two >> "$WORLD"');
    writeFileSync(project.path(".gitignore"), "node_modules\ncdktf.out\n.sterna\nsterna-ci\n");
    git(project.directory, "init", "--quiet", "--initial-branch", "main");
    const written = await sterna(project.directory, ["ci", "github"]);
    expect(written).toMatchObject({ status: 0 });
    main = commit("Start");
  });
  afterAll(async () => {
    await github?.stop();
    rmSync(kept, { recursive: true, force: true });
    if (project) rmSync(project.directory, { recursive: true, force: true });
  });

  it("plans a raised pin, comments, and applies what was reviewed after a squash merge", async () => {
    // GIVEN
    const head = branch("raise", () => project.pin({ ...PINS, development: "1.0.0" }));

    // WHEN
    const job = plan(head);
    const found = await job.affected();

    // THEN
    expect(JSON.parse(found.outputs.stacks!)).toEqual([matrix]);

    // WHEN
    const planned = await job.plan();

    // THEN
    expect(planned).toMatchObject({ failed: false });
    expect(github.comments).toHaveLength(1);
    expect(github.comments[0]!.body).toContain("### `shop` in `development`");
    expect(existsSync(world)).toBe(false);

    // WHEN
    const merge = squash(7, head);
    const staging = await apply(merge, "shop-staging");
    const applied = await apply(merge, "shop-development");

    // THEN
    expect(staging).toMatchObject({ skipped: true });
    expect(applied.steps.at(-1)?.stderr).toContain("one applied");
    expect(applied).toMatchObject({ failed: false, skipped: false });
    expect(readFileSync(world, "utf8")).toBe("up one\n");
    expect(existsSync(join(kept, "records/shop-development/000001.json"))).toBe(true);
    main = merge;
  });

  it("refuses with exit status 3 when a script changed between the review and the merge", async () => {
    // GIVEN
    const head = branch("other", () => project.pin({ ...PINS, development: "2.0.0" }));
    expect(await plan(head).plan()).toMatchObject({ failed: false });
    define('echo something else >> "$WORLD"');
    commit("Change the script");

    // WHEN
    const applied = await apply(squash(8, head), "shop-development");

    // THEN
    const last = applied.steps.at(-1)!;
    expect(last).toMatchObject({ name: "Apply it", status: 3 });
    expect(last.stderr).toContain("error[PlanChanged]");
    expect(last.stderr).toContain("cdk.tf.json changed since");
    expect(readFileSync(world, "utf8")).toBe("up one\n");

    // CLEANUP
    define('echo up two >> "$WORLD"');
    project.pin({ ...PINS, development: "1.0.0" });
    main = commit("Back");
  });

  it("refuses with exit status 3 what came without a review", async () => {
    // GIVEN
    project.pin({ ...PINS, development: "2.0.0" });
    const pushed = commit("Past everybody");

    // WHEN
    const applied = await apply(pushed, "shop-development");

    // THEN
    expect(applied.steps.at(-1)).toMatchObject({ name: "Fetch what was reviewed", status: 3 });
    expect(applied.steps.at(-1)!.stderr).toContain("error[ReviewMissing]");

    // CLEANUP
    project.pin({ ...PINS, development: "1.0.0" });
    main = commit("Back again");
  });

  it("opens an issue when something drifted, ends with 2, and closes it when that is over", async () => {
    // GIVEN
    const row = join(kept, "ledger/shop-development/one.json");
    renameSync(row, `${row}.gone`);

    // WHEN
    const drifted = await drift();

    // THEN
    expect(drifted.steps.at(-1)).toMatchObject({ status: 2 });
    expect(github.issues).toMatchObject([{ title: "Drift of shop-development", state: "open" }]);

    // WHEN
    renameSync(`${row}.gone`, row);
    const settled = await drift();

    // THEN
    expect(settled).toMatchObject({ failed: false });
    expect(github.issues).toMatchObject([{ state: "closed" }]);
  });

  describe("promotion", () => {
    it("raises the pin of the next environment in a pull request", async () => {
      // GIVEN
      checkout(main);

      // WHEN
      const promoted = await run("promote", "promote", {
        github: { token: github.token },
        inputs: { system: "shop", to: "staging" },
      });

      // THEN
      expect(promoted.steps.at(-1)?.stderr).not.toContain("error[");
      expect(promoted).toMatchObject({ failed: false });
      expect(github.pulls.at(-1)).toMatchObject({
        title: "Promote shop in staging to 1.0.0",
        head: { ref: "sterna/promote-shop-staging-1.0.0" },
        base: { ref: "main" },
      });
      const raised = git(project.directory, "show", "sterna/promote-shop-staging-1.0.0:releases.json");
      expect(JSON.parse(raised).shop).toEqual({ ...PINS, development: "1.0.0", staging: "1.0.0" });
      const files = git(project.directory, "diff", "--name-only", "main", "sterna/promote-shop-staging-1.0.0");
      expect(files).toBe("releases.json");
    });
  });

  describe("the jobs for GitLab", () => {
    let gitlab: GitLabContractModel;
    beforeAll(async () => {
      gitlab = await GitLabContractModel.start();
      expect(await sterna(project.directory, ["ci", "gitlab"])).toMatchObject({ status: 0 });
      main = commit("Move to GitLab");
    });
    afterAll(() => gitlab.stop());

    /** As a runner does it where a shell of POSIX is all there is; the image would bring Terraform and the packages. */
    const runJob = (sha: string, job: string, variables: Readonly<Record<string, string>>) => {
      checkout(sha);
      const jobs = parse(readFileSync(join(runner, ".gitlab/sterna.yml"), "utf8"));
      const [terraform, , ...setUp] = jobs[".sterna"].before_script as [string, string, ...string[]];
      const script = [terraform, ...setUp, ...jobs[job].script].join("\n");
      const env = { ...terraformEnvironment(gitlab.variables(variables)), ...jobs[job].variables, HOME: kept };
      return execa("sh", ["-e", "-c", script], { cwd: runner, env, extendEnv: false, reject: false, stdin: "ignore" });
    };

    it("plan a merge request, apply what was reviewed in it, and leave alone what nothing changed in", async () => {
      // GIVEN
      const head = branch("gitlab", () => project.pin({ ...PINS, development: "2.0.0" }));
      const request = { CI_MERGE_REQUEST_IID: "9", CI_MERGE_REQUEST_DIFF_BASE_SHA: main };

      // WHEN
      const planned = await runJob(head, "sterna-plan-shop-development", { ...request, STERNA_ENV: "SHOP_TOKEN=x" });

      // THEN
      expect(planned).toMatchObject({ exitCode: 0 });
      expect(gitlab.notes).toMatchObject([{ body: expect.stringContaining("### `shop` in `development`") }]);
      expect(readFileSync(join(runner, ".sterna/development.env"), "utf8")).toBe("SHOP_TOKEN=x\n");

      // WHEN
      const review = readFileSync(join(runner, "sterna-ci/review.json"), "utf8");
      git(project.directory, "merge", "--quiet", "--no-ff", "--message", "Merge", head);
      const merge = git(project.directory, "rev-parse", "HEAD");
      gitlab.requests.push({ iid: 9, state: "merged", target_branch: "main", source_branch: "gitlab", commit: merge });
      gitlab.pipelines.push({ id: 1, request: 9, source: "merge_request_event" });
      gitlab.jobs.push({ id: 1, pipeline: 1, name: "sterna-plan-shop-development", review });
      const variables = { CI_COMMIT_SHA: merge, CI_COMMIT_BEFORE_SHA: main };
      const applied = await runJob(merge, "sterna-apply-shop-development", variables);
      const other = await runJob(merge, "sterna-apply-shop-staging", variables);

      // THEN
      expect(applied).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("two applied") });
      expect(readFileSync(world, "utf8")).toBe("up one\nup two\n");
      expect(other).toMatchObject({ exitCode: 0, stdout: "[]" });
    });
  });
});
