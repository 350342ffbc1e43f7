import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson, programChecksum } from "../../lib/manifest/checksum";
import { program, type ProgramInput } from "../support/program";
import { stepRecord, type StepRecord } from "../../lib/manifest/step-record";
import { repositoryRoot, scratchDirectory } from "../support/repository";

/** A step of a test project. */
export interface ProjectStep {
  readonly id: string;
  readonly release: string;
  readonly program: ProgramInput;
  readonly after?: readonly string[];
  readonly irreversible?: string;
  readonly on_destroy?: string;
  readonly variables?: Readonly<Record<string, string>>;
}

/** What a test project holds. */
export interface ProjectOptions {
  readonly releases?: readonly string[];
  readonly pins: Readonly<Record<string, string>>;
  readonly steps?: readonly ProjectStep[];
  /** Steps that only one environment has. */
  readonly extraSteps?: Readonly<Record<string, readonly ProjectStep[]>>;
  /** Resources of every stack besides the steps, as in `cdk.tf.json`; `@environment@` stands for the environment. */
  readonly resources?: Readonly<Record<string, unknown>>;
  /** Resources that only one environment has. */
  readonly extraResources?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Environments that are protected. */
  readonly protected?: readonly string[];
  /** What the manifest of a stack says besides, by environment: gates, a compatibility matrix. */
  readonly manifests?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Whether the stacks carry Sterna's provider. */
  readonly provider?: boolean;
  /** Other providers of the stacks, by their local names. */
  readonly providers?: Readonly<
    Record<string, { readonly source: string; readonly version: string; readonly configuration: readonly object[] }>
  >;
  /** Where Terraform keeps the state, as in `cdk.tf.json`; `@stack@` stands for the stack. */
  readonly backend?: Readonly<Record<string, unknown>>;
  /** Ledger of every stack; `@stack@` stands for the stack. */
  readonly ledger?: Readonly<Record<string, unknown>>;
}

const ENVIRONMENTS = ["development", "staging", "production"];

/** A project on disk whose app is a small script, so that no construct takes part. */
export class TestProject {
  readonly directory = scratchDirectory("cli");
  readonly system = "shop";

  constructor(options: ProjectOptions) {
    this.write("cdktf.json", { app: "node app.cjs", language: "typescript" });
    this.write("environments.json", { environments: ENVIRONMENTS.map((name) => ({ name })) });
    this.pin(options.pins);
    this.define(options);
    writeFileSync(join(this.directory, "app.cjs"), APP);
  }

  path(...segments: string[]): string {
    return join(this.directory, ...segments);
  }

  pin(pins: Readonly<Record<string, string>>): void {
    this.write("releases.json", { [this.system]: pins });
  }

  /** What the app synthesizes from now on. */
  define({ releases = ["0.1.0", "1.0.0", "2.0.0"], ...rest }: Omit<ProjectOptions, "pins">): void {
    this.write("definition.json", {
      system: this.system,
      zip: join(repositoryRoot, "dist/engine"),
      releases,
      steps: [],
      extraSteps: {},
      resources: {},
      extraResources: {},
      protected: [],
      manifests: {},
      provider: false,
      providers: {},
      ...rest,
    });
  }

  /** Puts a row into the file ledger of an environment, as the engine would. */
  record(environment: string, step: ProjectStep, change: Partial<StepRecord> = {}): void {
    const parsed = program.parse(step.program);
    const row = stepRecord.parse({
      id: step.id,
      system: this.system,
      environment,
      release: step.release,
      title: `Title of ${step.id}`,
      phase: "migrate",
      program: parsed,
      variables: {},
      after: step.after ?? [],
      irreversible: step.irreversible,
      onRetry: "resume",
      onStop: "stop",
      onDestroy: step.on_destroy ?? "rollback",
      status: "applied",
      checksum: programChecksum(parsed),
      partial: true,
      attempt: 1,
      startedAt: "2026-01-01T00:00:00.000Z",
      appliedAt: "2026-01-01T00:00:01.000Z",
      ...change,
    });
    const directory = this.path(".sterna/ledger", `${this.system}-${environment}`);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `${step.id}.json`), canonicalJson(row));
  }

  write(name: string, content: unknown): void {
    writeFileSync(this.path(name), `${JSON.stringify(content, undefined, 2)}\n`);
  }
}

/** A step that runs a script. */
export function scriptStep(id: string, release: string, change: Partial<ProjectStep> = {}): ProjectStep {
  return {
    id,
    release,
    program: {
      kind: "command",
      environment: { WORLD: { variable: "WORLD" } },
      up: `echo up ${id} >> "$WORLD"`,
      down: `echo down ${id} >> "$WORLD"`,
      verify: [{ query: `grep -c "up ${id}" "$WORLD" | sed 's/.*/ok/'`, expected: "ok" }],
    },
    ...change,
  };
}

/** Writes what cdktf and `SystemStack` would write, from `definition.json` and the pins. */
const APP = String.raw`
const { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const read = (name) => JSON.parse(readFileSync(name, "utf8"));
const definition = read("definition.json");
if (definition.fail) {
  class ValidationError extends Error { name = "ValidationError"; code = "StepCycle"; constructPath = "shop/x"; }
  throw new ValidationError(definition.fail);
}
const { system } = definition;
const environments = read("environments.json").environments.map(({ name }) => name);
const tried = process.env.STERNA_PINS;
const pins = Object.fromEntries(
  Object.entries((tried ? JSON.parse(tried).content : read("releases.json"))[system]).map(([name, pin]) => [name, pin.release ?? pin]),
);
const out = process.env.CDKTF_OUTDIR;
const number = (release) => definition.releases.indexOf(release);
const literal = (text) => text.replaceAll("${"$"}{", () => "$${"$"}{").replaceAll("%{", () => "%%{");
const stacks = {};
for (const [order, environment] of environments.entries()) {
  const stack = system + "-" + environment;
  const directory = join(out, "stacks", stack);
  mkdirSync(directory, { recursive: true });
  const besideTheProject = { kind: "file", directory: "../../../.sterna/ledger/@stack@" };
  const ledger = JSON.stringify(definition.ledger ?? besideTheProject).replaceAll("@stack@", stack);
  const previous = environments[order - 1];
  const declared = [...definition.steps, ...(definition.extraSteps[environment] ?? [])]
    .filter((step) => number(step.release) <= number(pins[environment]));
  const steps = Object.fromEntries(declared.map((step) => [step.id, {
    system, title: "Title of " + step.id, phase: "migrate", on_retry: "resume", on_destroy: "rollback",
    ...step,
    program: literal(JSON.stringify(step.program)),
    variables: { WORLD: join(process.cwd(), "world-" + environment), ...step.variables },
    after: step.after ?? [],
    depends_on: (step.after ?? []).map((id) => "sterna_step." + id),
  }]));
  const merged = { ...definition.resources, ...definition.extraResources[environment] };
  const own = JSON.parse(JSON.stringify(merged).replaceAll("@environment@", environment));
  const resource = { ...own, ...(declared.length > 0 ? { sterna_step: steps } : {}) };
  const withProvider = definition.provider ? {
    terraform: { required_providers: { sterna: { source: "sterna/sterna", version: /_(.+)\.zip$/.exec(readdirSync(definition.zip)[0])[1] } } },
    provider: { sterna: [{ ledger, environment }] },
  } : {};
  for (const [name, { source, version, configuration }] of Object.entries(definition.providers)) {
    withProvider.terraform.required_providers[name] = { source, version };
    withProvider.provider[name] = configuration;
  }
  const backend = definition.backend && JSON.parse(JSON.stringify(definition.backend).replaceAll("@stack@", stack));
  if (backend) withProvider.terraform = { ...withProvider.terraform, backend };
  const comment = { metadata: { stackName: stack, version: "0.21.0", backend: "local" } };
  writeFileSync(join(directory, "cdk.tf.json"), JSON.stringify({ "//": comment, ...withProvider, ...(Object.keys(resource).length > 0 ? { resource } : {}) }, undefined, 2));
  if (definition.provider) {
    const mirror = join(directory, "terraform.d/plugins/registry.terraform.io/sterna/sterna");
    mkdirSync(mirror, { recursive: true });
    const platform = process.platform + "_" + (process.arch === "x64" ? "amd64" : process.arch);
    for (const zip of readdirSync(definition.zip)) {
      cpSync(join(definition.zip, zip), join(mirror, zip.replace(/\.zip$/, "_" + platform + ".zip")));
    }
  }
  writeFileSync(join(directory, "sterna.json"), JSON.stringify({
    stack, system, environment, order, previous, ledger,
    protected: definition.protected.includes(environment),
    release: pins[environment], releases: definition.releases,
    ...definition.manifests[environment],
  }));
  stacks[stack] = { name: stack, constructPath: stack, dependencies: [], workingDirectory: "stacks/" + stack, synthesizedStackPath: "stacks/" + stack + "/cdk.tf.json", annotations: [] };
}
writeFileSync(join(out, "manifest.json"), JSON.stringify({ version: "0.21.0", stacks }));
`;
