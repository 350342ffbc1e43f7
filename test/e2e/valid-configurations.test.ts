import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { App, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { Rollout } from "../../lib/manifest/rollout";
import { declareAll } from "../support/every-construct";
import { repositoryRoot, scratchDirectory } from "../support/repository";
import { requires } from "../support/requirements";
import { terraform } from "../support/terraform";

interface Diagnostic {
  readonly severity: string;
  readonly summary: string;
  readonly detail: string;
  readonly range?: { readonly filename: string };
  readonly snippet?: { readonly context?: string };
}

requires("terraform", "aws_provider")("terraform validate with the real AWS provider", () => {
  const examples = examplesOfAws();
  let directory: string;
  let errors: readonly { readonly module: string; readonly message: string }[];

  // Every stack is a module of one configuration: Terraform installs the provider and reads its schema once.
  beforeAll(async () => {
    directory = scratchDirectory("valid-configurations");
    const app = new App({ outdir: join(directory, "constructs") });
    const stack = new TerraformStack(app, "constructs");
    new AwsProvider(stack, "aws", { region: "eu-central-1" });
    declareAll(stack, { region: "eu-central-1", partition: "aws" });
    app.synth();
    for (const [index, { text }] of examples.entries()) {
      await synthesizeExample(text, join(directory, `example-${index}`));
    }
    const module = Object.fromEntries(
      ["constructs", ...examples.map((_, index) => `example-${index}`)].flatMap((outdir) =>
        readdirSync(join(directory, outdir, "stacks")).map((name) => [
          `${outdir}-${name}`,
          { source: `./${outdir}/stacks/${name}` },
        ]),
      ),
    );
    writeFileSync(join(directory, "main.tf.json"), JSON.stringify({ module }));
    const initialized = await terraform(directory, ["init"]);
    if (initialized.exitCode !== 0) throw new Error(initialized.stderr);
    const { stdout } = await terraform(directory, ["validate", "-json"]);
    errors = (JSON.parse(stdout) as { diagnostics: Diagnostic[] }).diagnostics
      .filter(({ severity }) => severity === "error")
      .map(({ summary, detail, range, snippet }) => ({
        module: range?.filename.split("/")[0] ?? "",
        message: `${range?.filename ?? ""}: ${snippet?.context ?? ""}: ${summary}: ${detail}`,
      }));
  }, 180_000);

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test("accepts every construct in its variants", () => {
    expect(errors.filter(({ module }) => !module.startsWith("example-"))).toEqual([]);
  });

  test.each(examples.map(({ page }, index): [string, number] => [page, index]))(
    "accepts the example of %s (%d)",
    (_, index) => {
      expect(errors.filter(({ module }) => module === `example-${index}`)).toEqual([]);
    },
  );

  test("looks at every page about constructs of AWS", () => {
    expect(examples.length).toBeGreaterThanOrEqual(7);
  });

  /** Runs a block of a page as a module, with this checkout as the package that it imports. */
  async function synthesizeExample(text: string, outdir: string): Promise<void> {
    const { outputText } = ts.transpileModule(text, {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
    });
    mkdirSync(outdir, { recursive: true });
    const file = join(outdir, "example.js");
    const source = (_: string, entryPoint = "") =>
      `require(${JSON.stringify(join(repositoryRoot, `lib${entryPoint}/index`))})`;
    writeFileSync(file, outputText.replace(/require\("sterna(\/\w+)?"\)/g, source));
    process.env.CDKTF_OUTDIR = outdir;
    try {
      const exported = (await import(file)) as Record<string, unknown>;
      // A block with an app of its own has synthesized it by now.
      if (text.includes("new App(")) return;
      const app = new App();
      for (const declare of Object.values(exported).filter((one) => typeof one === "function")) {
        const scope = /\(\s*app: App/.test(text) ? app : new TerraformStack(app, "example");
        if (scope instanceof TerraformStack) new AwsProvider(scope, "aws", { region: "eu-central-1" });
        (declare as (scope: Construct, rollout: Rollout) => void)(scope, Rollout.steady("blue", "1.0.0"));
      }
      app.synth();
    } finally {
      delete process.env.CDKTF_OUTDIR;
    }
  }
});

interface Example {
  readonly page: string;
  readonly text: string;
}

function examplesOfAws(): Example[] {
  const docs = readdirSync(join(repositoryRoot, "docs"), { recursive: true, encoding: "utf8" });
  const pages = ["README.md", ...docs.filter((name) => name.endsWith(".md")).map((name) => join("docs", name))];
  return pages.flatMap((page) =>
    [...readFileSync(join(repositoryRoot, page), "utf8").matchAll(/^```ts\n([\s\S]*?)^```$/gm)]
      .map(([, text]) => ({ page, text: text! }))
      // A test makes its stacks when a test runner runs it, which the suite of the docs does.
      .filter(({ text }) => text.includes('from "sterna/aws"') && !text.includes('from "node:test"')),
  );
}
