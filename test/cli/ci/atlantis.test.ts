import { describe, expect, it } from "@jest/globals";
import { parse } from "yaml";
import { z } from "zod";
import { atlantisFiles } from "../../../lib/pipelines/atlantis-files";
import { examplePipeline } from "./pipeline-example";

const [repository, server] = atlantisFiles(examplePipeline({ branch: "release/1.x" })).map(({ text }) => parse(text));

/** The keys that are used, as https://www.runatlantis.io/docs/repo-level-atlantis-yaml describes them. */
const repositoryConfig = z.strictObject({
  version: z.literal(3),
  abort_on_execution_order_fail: z.boolean(),
  projects: z.array(
    z.strictObject({
      name: z.string().regex(/^[\w-]+$/),
      dir: z.string(),
      branch: z.string().regex(/^\/.*\/$/),
      workspace: z.string(),
      workflow: z.string(),
      execution_order_group: z.number().int(),
      autoplan: z.strictObject({ enabled: z.boolean(), when_modified: z.array(z.string()) }),
    }),
  ),
});

const run = z.union([
  z.strictObject({ run: z.string() }),
  z.strictObject({ run: z.strictObject({ command: z.string(), output: z.enum(["show", "hide"]) }) }),
]);
const stage = z.strictObject({ steps: z.array(run).min(1) });

/** https://www.runatlantis.io/docs/server-side-repo-config and https://www.runatlantis.io/docs/custom-workflows */
const serverConfig = z.strictObject({
  repos: z.array(
    z.strictObject({
      id: z.string(),
      plan_requirements: z.array(z.string()),
      apply_requirements: z.array(z.enum(["approved", "mergeable", "undiverged"])),
      allowed_overrides: z.array(z.literal("workflow")),
      allowed_workflows: z.array(z.string()),
      allow_custom_workflows: z.literal(false),
    }),
  ),
  workflows: z.record(z.string(), z.strictObject({ plan: stage, apply: stage })),
});

describe("the configuration for Atlantis", () => {
  it("has the keys that Atlantis knows", () => {
    expect(repositoryConfig.safeParse(repository).error).toBeUndefined();
    expect(serverConfig.safeParse(server).error).toBeUndefined();
  });

  it("names workflows that the server has and allows", () => {
    const named = repositoryConfig.parse(repository).projects.map(({ workflow }) => workflow);

    expect(Object.keys(server.workflows)).toEqual(named);
    expect(server.repos[0].allowed_workflows).toEqual(named);
  });

  it("plans in the order of the environments, in a folder for each", () => {
    const { projects } = repositoryConfig.parse(repository);

    const production = projects.find(({ name }) => name === "shop-eu-production")!;
    expect(production.execution_order_group).toBe(2);
    expect(new Set(projects.map(({ workspace }) => workspace)).size).toBe(projects.length);
    const branch = new RegExp(production.branch.slice(1, -1));
    expect(["release/1.x", "release/1yx", "main"].filter((name) => branch.test(name))).toEqual(["release/1.x"]);
  });

  it("applies the plan that was saved, and says where it is", () => {
    expect(server.workflows["sterna-shop-staging"]).toEqual({
      plan: {
        steps: [
          { run: { command: "npm ci", output: "hide" } },
          { run: "npx --no-install sterna plan shop staging || test $? -eq 2" },
          { run: 'cp .sterna/plans/shop-staging.tfplan "$PLANFILE"' },
        ],
      },
      apply: { steps: [{ run: "npx --no-install sterna apply shop staging" }, { run: 'rm -f "$PLANFILE"' }] },
    });
  });
});
