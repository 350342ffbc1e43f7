import { afterAll, describe, expect, it } from "@jest/globals";
import { execaSync } from "execa";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { gitlabFiles } from "../../../lib/pipelines/gitlab-files";
import { repositoryRoot, scratchDirectory } from "../../support/repository";
import { requires } from "../../support/requirements";
import { shellcheck } from "./lint";
import { examplePipeline } from "./pipeline-example";

interface Job {
  readonly stage: string;
  readonly rules: readonly { readonly if: string; readonly when?: string }[];
  readonly script: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly resource_group?: string;
  readonly id_tokens?: object;
  readonly before_script?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly artifacts?: { readonly paths: readonly string[] };
}

const [file] = gitlabFiles(examplePipeline());
const jobs = parse(file!.text) as Readonly<Record<string, Job>>;

describe("the pipeline for GitLab", () => {
  const directory = scratchDirectory("gitlab");
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  /** gitlab-ci-local checks a pipeline by GitLab's own JSON schema, and that all that jobs need is there. */
  const lint = (text: string) => {
    for (const [path, content] of Object.entries({
      [file!.path]: text,
      ".gitlab-ci.yml": `include: { local: ${file!.path} }\n`,
    })) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), content);
    }
    execaSync("git", ["init", "--quiet"], { cwd: directory });
    execaSync("git", ["add", "--all"], { cwd: directory });
    const program = join(repositoryRoot, "node_modules/gitlab-ci-local/src/index.js");
    const { all, exitCode } = execaSync(process.execPath, [program, "--list-all"], {
      cwd: directory,
      all: true,
      reject: false,
    });
    return { all, exitCode };
  };

  it("is as GitLab's schema of pipelines wants it", () => {
    // WHEN
    const { all, exitCode } = lint(file!.text);

    // THEN
    expect(all).toContain("json schema validated");
    expect(exitCode).toBe(0);
    for (const stack of ["shop-development", "shop-eu-production", "app-ef-staging"]) {
      expect(all).toMatch(new RegExp(`^sterna-plan-${stack} .*\\n[\\s\\S]*^sterna-apply-${stack} `, "m"));
    }
    // The checker works: it knows the names of things.
    expect(lint(file!.text.replace("resource_group", "resource_grup")).exitCode).not.toBe(0);
  }, 30_000);

  it("plans requests from its own project only, and applies on the branch only", () => {
    expect(jobs["sterna-plan-shop-staging"]!.rules).toEqual([
      {
        if: '$CI_PIPELINE_SOURCE == "merge_request_event" && $CI_MERGE_REQUEST_TARGET_BRANCH_NAME == "main" && $CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID',
      },
    ]);
    expect(jobs["sterna-apply-shop-development"]!.rules).toEqual([
      { if: '$CI_COMMIT_BRANCH == "main" && $CI_PIPELINE_SOURCE == "push"' },
    ]);
  });

  it("applies to the first environment by itself, to the others when somebody says so, and one at a time", () => {
    expect(jobs["sterna-apply-shop-staging"]).toMatchObject({
      rules: [{ when: "manual", allow_failure: true }],
      environment: { name: "staging" },
      resource_group: "sterna-shop-staging",
      interruptible: false,
    });
  });

  it("gives a plan the variables of a scope of its own, which need not be able to change anything", () => {
    const environment = { name: "plan/staging", action: "prepare" };

    expect(jobs["sterna-plan-shop-staging"]).toMatchObject({ environment });
    expect(jobs["sterna-drift-shop-staging"]).toMatchObject({ environment });
    expect(jobs["sterna-promote-shop-eu-production"]).toMatchObject({ environment });
    expect(jobs).not.toHaveProperty("sterna-promote-shop-development");
  });

  it("leaves the credentials of a job where the SDKs of the clouds look for them", () => {
    // GIVEN
    const [aws, google] = jobs[".sterna"]!.before_script!.slice(3, 5);
    const token = "header.claims.signature";
    const env = {
      ...{ STERNA_AWS_ROLE: "arn:aws:iam::111111111111:role/plan", STERNA_AWS_TOKEN: token, CI_PROJECT_ID: "1" },
      ...{ STERNA_GOOGLE_ACCOUNT: "plan@example.iam.gserviceaccount.com", STERNA_GOOGLE_TOKEN: token },
      ...{ STERNA_GOOGLE_PROVIDER: "projects/1/locations/global/workloadIdentityPools/p/providers/gitlab" },
      ...{ CI_PIPELINE_ID: "2", PATH: process.env.PATH!, TMPDIR: directory },
    };
    const print = 'cat "$AWS_WEB_IDENTITY_TOKEN_FILE"; echo " $AWS_ROLE_ARN"; cat "$GOOGLE_APPLICATION_CREDENTIALS"';

    // WHEN
    const { stdout } = execaSync("sh", ["-eu", "-c", `${aws}${google}${print}`], { env, extendEnv: false });

    // THEN
    const [first, ...rest] = stdout.split("\n");
    expect(first).toBe(`${token} arn:aws:iam::111111111111:role/plan`);
    const credentials = JSON.parse(rest.join("\n"));
    expect(credentials).toMatchObject({
      type: "external_account",
      audience: `//iam.googleapis.com/${env.STERNA_GOOGLE_PROVIDER}`,
    });
    expect(readFileSync(credentials.credential_source.file, "utf8")).toBe(token);
  });

  it("leaves the variables of the next environment also where this one needs none", () => {
    const job = jobs["sterna-promote-shop-staging"]!;
    const work = scratchDirectory("gitlab-promote");
    const [write] = job.script[0]!.split("status=0");

    execaSync("sh", ["-eu", "-c", write!], { cwd: work, env: { STERNA_ENV_TO: "URL=x" } });

    expect(readFileSync(join(work, ".sterna/staging.env"), "utf8")).toBe("URL=x\n");
    expect(job.rules[0]!.if).toContain('$CI_COMMIT_BRANCH == "main"');
    rmSync(work, { recursive: true });
  });

  it("asks for tokens of the clouds that there are", () => {
    expect(Object.keys(jobs[".sterna"]!.id_tokens!)).toEqual(["STERNA_AWS_TOKEN", "STERNA_GOOGLE_TOKEN"]);
    const [without] = gitlabFiles(examplePipeline({ clouds: [], directory: "infrastructure" }));
    const template = (parse(without!.text) as typeof jobs)[".sterna"]!;
    expect(template).not.toHaveProperty("id_tokens");
    expect(template.before_script![0]).toBe('cd "infrastructure"\n');
    // By these two the job that applies finds what was reviewed.
    expect(template.variables!.STERNA_DIRECTORY).toBe("infrastructure");
    expect((parse(without!.text) as typeof jobs)["sterna-plan-shop-staging"]!.artifacts!.paths).toEqual([
      "infrastructure/sterna-ci/review.json",
    ]);
  });
});

requires("shellcheck")("the scripts of the pipeline for GitLab", () => {
  it("have nothing that shellcheck finds, for any shell of POSIX", () => {
    const before = jobs[".sterna"]!.before_script!.join("");
    const scripts = ["plan", "apply", "drift", "promote"].map(
      (task) => before + jobs[`sterna-${task}-shop-staging`]!.script.join(""),
    );

    expect(scripts.flatMap((script) => shellcheck(script, "sh"))).toEqual([]);
  });
});
