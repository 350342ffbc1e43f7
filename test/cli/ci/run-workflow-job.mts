import { Evaluator, Lexer, Parser, data } from "@actions/expressions";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parse } from "yaml";
import type { FinishedJob, FinishedStep, JobRequest } from "./workflow-job.js";

/**
 * Runs one job of a workflow as a runner of GitHub does, as far as the workflows of `sterna ci github` need it:
 * expressions by GitHub's own evaluator, scripts by the same bash with the same options, composite actions, outputs,
 * conditions. Actions of others are passed over, but for the upload of artifacts, which copies.
 *
 * A program of its own, started with tsx, since the evaluator is made of ES modules.
 */
type Step = {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Record<string, unknown>;
  readonly env?: Record<string, string>;
  readonly "working-directory"?: string;
};
type Contexts = Record<string, unknown>;

const request = JSON.parse(readFileSync(0, "utf8")) as JobRequest;
const scratch = mkdtempSync(join(tmpdir(), "workflow-"));
const workflow = parse(readFileSync(join(request.directory, request.workflow), "utf8"));
const job = workflow.jobs[request.job];

function evaluate(expression: string, contexts: Contexts, failed: boolean): data.ExpressionData {
  const status = { success: !failed, failure: failed, always: true, cancelled: false };
  const functions = Object.entries(status).map(([name, value]) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(value),
  }));
  const { tokens } = new Lexer(expression).lex();
  const parsed = new Parser(tokens, Object.keys(contexts), functions).parse();
  const dictionary = JSON.parse(JSON.stringify(contexts), data.reviver) as data.Dictionary;
  return new Evaluator(parsed, dictionary, new Map(functions.map((each) => [each.name, each]))).evaluate();
}

function fill(text: unknown, contexts: Contexts): string {
  return String(text).replace(/\$\{\{(.*?)\}\}/gs, (_all, expression: string) =>
    evaluate(expression.trim(), contexts, false).coerceString(),
  );
}

function isTrue(condition: string | undefined, contexts: Contexts, failed: boolean): boolean {
  const expression = condition?.replace(/^\$\{\{\s*|\s*\}\}$/g, "") ?? "success()";
  const asksStatus = /\b(success|failure|always|cancelled)\(\)/.test(expression);
  if (!asksStatus && failed) return false;
  const value = evaluate(expression, contexts, failed);
  return value.kind === data.Kind.Boolean ? value.value : value.coerceString() !== "";
}

function fillAll(values: Record<string, unknown> = {}, contexts: Contexts): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, fill(value, contexts)]));
}

function readOutputs(file: string): Record<string, string> {
  const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}

function runScript(step: Step, environment: Record<string, string>): FinishedStep {
  const file = join(scratch, `${Math.random()}.sh`);
  const output = `${file}.output`;
  writeFileSync(file, step.run!);
  writeFileSync(output, "");
  // https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell
  const { status, stdout, stderr } = spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", file], {
    cwd: join(request.directory, step["working-directory"] ?? "."),
    env: {
      ...request.environment,
      ...environment,
      GITHUB_OUTPUT: output,
      GITHUB_STEP_SUMMARY: join(scratch, "summary"),
    },
    encoding: "utf8",
  });
  return { name: step.name ?? "", status: status ?? -1, stdout, stderr, outputs: readOutputs(output) };
}

function runSteps(steps: readonly Step[], outer: Contexts, environment: Record<string, string>): FinishedStep[] {
  const finished: FinishedStep[] = [];
  const known: Record<string, unknown> = {};
  for (const step of steps) {
    const failed = finished.some(({ status }) => status !== 0);
    const contexts = { ...outer, steps: known, env: environment };
    if (!isTrue(step.if, contexts, failed)) continue;
    const ran = runStep(step, contexts, { ...environment, ...fillAll(step.env, contexts) });
    finished.push(...ran);
    const status = ran.find((each) => each.status !== 0)?.status ?? 0;
    const outputs = ran.at(-1)?.outputs ?? {};
    if (step.id !== undefined) known[step.id] = { outputs, outcome: status === 0 ? "success" : "failure" };
  }
  return finished;
}

function runStep(step: Step, contexts: Contexts, environment: Record<string, string>): FinishedStep[] {
  if (step.run !== undefined) {
    if (step.run.trim() === "npm ci") return [];
    return [runScript(step, environment)];
  }
  if (step.uses?.startsWith("./")) return runComposite(step, contexts, environment);
  if (step.uses?.startsWith("actions/upload-artifact@")) {
    const { name, path } = fillAll(step.with, contexts);
    const target = join(request.artifacts, name!);
    mkdirSync(target, { recursive: true });
    cpSync(join(request.directory, path!), join(target, basename(path!)));
  }
  return [];
}

function runComposite(step: Step, contexts: Contexts, environment: Record<string, string>): FinishedStep[] {
  const action = parse(readFileSync(join(request.directory, step.uses!, "action.yml"), "utf8"));
  const defaults = Object.entries(action.inputs as Record<string, { default: unknown }>);
  const given = fillAll(step.with, contexts);
  const inputs = Object.fromEntries(defaults.map(([name, input]) => [name, given[name] ?? String(input.default)]));
  for (const name of Object.keys(given)) {
    if (!(name in inputs)) throw new Error(`${step.uses} has no input ${name}`);
  }
  // The secrets and variables of the workflow are not there inside of an action.
  return runSteps(action.runs.steps, { github: contexts.github, runner: {}, inputs }, environment);
}

const contexts: Contexts = { ...request.contexts };
const runs = isTrue(job.if, contexts, false);
const environment = { ...fillAll(workflow.env, contexts), ...fillAll(job.env, contexts) };
const steps = runs ? runSteps(job.steps, contexts, environment) : [];
const result: FinishedJob = {
  skipped: !runs,
  failed: steps.some(({ status }) => status !== 0),
  steps,
  outputs: steps.reduce((all, { outputs }) => ({ ...all, ...outputs }), {}),
};
process.stdout.write(JSON.stringify(result));
