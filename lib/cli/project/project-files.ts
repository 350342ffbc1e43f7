import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { sternaPackage } from "../../core/sterna-package";
import { githubFiles } from "../../pipelines/github/github-files";
import { gitlabFiles } from "../../pipelines/gitlab-files";
import type { Pipeline } from "../../pipelines/pipeline";
import { filesOfTemplate, type ProjectAnswers, type StatePlace, TEMPLATES, type Template } from "./templates";

/** A file of a new project. */
export interface ProjectFile {
  /** Relative to the folder of the project. */
  readonly path: string;
  readonly text: string;
  /** Readable by its owner only. */
  readonly isPrivate: boolean;
}

/** Packages that every project needs. */
const PACKAGES = {
  dependencies: ["cdktf", "constructs"],
  devDependencies: ["@types/node", "tsx", "typescript"],
};

const RELEASE = { first: "1.0.0", next: "1.1.0" };

/**
 * All files of a new project.
 *
 * @param directory of the project, whose package.json and .gitignore are extended if they exist
 */
export function projectFiles(directory: string, answers: ProjectAnswers): ProjectFile[] {
  const { environments } = answers;
  const template: Template = TEMPLATES[answers.template];
  const texts: Record<string, string> = {
    "package.json": packageJson(directory, answers, template),
    "tsconfig.json": json(TSCONFIG),
    "cdktf.json": json({ language: "typescript", app: APP }),
    "environments.json": json(environmentsJson(answers, template)),
    "releases.json": json(releasesJson(answers)),
    ".gitignore": gitignore(directory),
    "main.ts": mainFile(answers),
    ...filesOfTemplate(answers),
    ...template.files(answers),
    ...pipelineFiles(answers),
  };
  for (const environment of environments) {
    const lines = ["# Read for this environment alone. Never commit it.", ...template.secrets(environment, answers)];
    texts[join(".sterna", `${environment}.env`)] = `${lines.join("\n")}\n`;
  }
  return Object.entries(texts).map(([path, text]) => ({ path, text, isPrivate: path.startsWith(".sterna") }));
}

/** Checks types first, since tsx does not. Not with npx, which takes a second. */
const APP = "node node_modules/typescript/bin/tsc && node --import tsx main.ts";

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

const TSCONFIG = {
  compilerOptions: {
    target: "ES2022",
    module: "node16",
    moduleResolution: "node16",
    strict: true,
    esModuleInterop: true,
    skipLibCheck: true,
    noEmit: true,
    incremental: true,
    tsBuildInfoFile: "node_modules/.cache/tsconfig.tsbuildinfo",
    types: ["node"],
  },
  include: ["*.ts"],
};

interface PackageJson {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly [name: string]: unknown;
}

/** Keeps existing content. Packages have the exact versions that this version of Sterna is tested with. */
function packageJson(directory: string, answers: ProjectAnswers, template: Template): string {
  const old = readPackage(directory) ?? { name: answers.name, private: true };
  const own = template.packages(answers);
  const versions = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, testedVersion(name)]));
  const sorted = (values: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(values).sort(([one], [other]) => (one < other ? -1 : 1)));
  const { name, ...rest } = old;
  return json({
    name: name ?? answers.name,
    private: true,
    ...rest,
    scripts: {
      // npm creates a test script that fails.
      ...without(old.scripts ?? {}, (script) => script.includes("no test specified")),
      test: "node --import tsx --test *.test.ts",
      ...template.scripts(answers),
    },
    dependencies: sorted({
      ...versions([...PACKAGES.dependencies, ...own.dependencies]),
      sterna: sourceOfSterna(directory),
      ...old.dependencies,
    }),
    devDependencies: sorted({
      ...versions([...PACKAGES.devDependencies, ...own.devDependencies]),
      ...without(old.devDependencies ?? {}, () => false),
    }),
  });
}

function without(values: Readonly<Record<string, string>>, isLeftOut: (value: string) => boolean) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => !isLeftOut(value)));
}

function readPackage(directory: string): PackageJson | undefined {
  const file = join(directory, "package.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as PackageJson) : undefined;
}

/** The version of a package in Sterna's own package.json. */
function testedVersion(name: string): string {
  const version = readPackage(sternaPackage().root)?.devDependencies?.[name];
  if (version === undefined) throw new Error(`package.json of Sterna names no version of ${name}`);
  return version;
}

/**
 * The running version. If it was installed from a file, as with `npx ./sterna.tgz`, it is installed from that file
 * again.
 */
function sourceOfSterna(directory: string): string {
  const { root, version } = sternaPackage();
  const isInstalled = basename(dirname(root)) === "node_modules";
  if (!isInstalled) return `file:${root}`;
  const parent = dirname(dirname(root));
  const wanted = readPackage(parent)?.dependencies?.sterna ?? "";
  if (!wanted.startsWith("file:")) return version;
  const file = resolve(parent, wanted.slice("file:".length));
  return parent === directory ? wanted : `file:${file}`;
}

function environmentsJson({ environments, name, state, ...answers }: ProjectAnswers, template: Template) {
  const last = environments.length - 1;
  return {
    $schema: "./node_modules/sterna/schemas/environments.schema.json",
    environments: environments.map((environment, index) => {
      const variables = template.variables(environment, { environments, name, state, ...answers });
      return {
        name: environment,
        ...(index === last && last > 0 && { protected: true }),
        ...(Object.keys(variables).length > 0 && { variables: { [name]: variables } }),
      };
    }),
    ...(state && { records: { ...state, prefix: "records/" } }),
  };
}

function releasesJson({ name, environments }: ProjectAnswers) {
  const pins = environments.map((environment, index) => [environment, index === 0 ? RELEASE.next : RELEASE.first]);
  return { $schema: "./node_modules/sterna/schemas/releases.schema.json", [name]: Object.fromEntries(pins) };
}

const IGNORED = ["node_modules/", "cdktf.out/", ".sterna/", "*.tfstate", "*.tfstate.*", "*.tfplan", ".terraform/"];

/** Keeps existing content. */
function gitignore(directory: string): string {
  const file = join(directory, ".gitignore");
  const old = existsSync(file) ? readFileSync(file, "utf8").replace(/\n*$/, "\n") : "";
  const missing = IGNORED.filter((line) => !old.split("\n").includes(line));
  return `${old}${missing.map((line) => `${line}\n`).join("")}`;
}

/** What differs between a project for one machine and one for several. */
function stateLines(state: StatePlace | undefined) {
  if (state === undefined) return { names: [], ledger: "Ledger.file()", lines: [] };
  const { bucket } = state;
  const [kind, ...place] =
    state.kind === "s3"
      ? ["s3", `bucketName: "${bucket}"`, `region: "${state.region}"`]
      : ["gcs", `bucketName: "${bucket}"`];
  const prefix = state.kind === "s3" ? "keyPrefix" : "prefix";
  const ledger = `Ledger.${kind}({ ${place.join(", ")} })`;
  const backend = `Backend.${kind}({ ${[...place, `${prefix}: "sterna/states"`].join(", ")} })`;
  return { names: ["Backend"], ledger, lines: [`previousLedger: ${ledger},`, `backend: ${backend},`] };
}

function mainFile({ name, state }: ProjectAnswers): string {
  const { names, ledger, lines } = stateLines(state);
  const imports = [...names, "EnvironmentChain", "Ledger", "Pins", "SystemStack"].join(", ");
  return `import { App } from "cdktf";
import { ${imports} } from "sterna";
import { addMigrations, RELEASES } from "./migrations";

const app = new App();
const environments = EnvironmentChain.fromFile("environments.json");
const pins = Pins.fromFile("releases.json", { systems: ["${name}"], environments });

for (const environment of environments) {
  const stack = new SystemStack(app, {
    system: "${name}",
    environment,
    releases: RELEASES,
    release: pins.of("${name}", environment),
    ledger: ${ledger},
${lines.map((line) => `    ${line}\n`).join("")}  });
  addMigrations(stack);
}

app.synth();
`;
}

const CLOUD_OF_STATE = { s3: "aws", gcs: "google" } as const;

/** As \`sterna ci\` writes them, which can be run again later. */
function pipelineFiles({
  pipeline: service,
  name,
  environments,
  template,
  state,
}: ProjectAnswers): Record<string, string> {
  if (service === undefined) return {};
  const clouds = new Set<"aws" | "google">(template === "aws" || template === "google" ? [template] : []);
  if (state !== undefined) clouds.add(CLOUD_OF_STATE[state.kind]);
  const pipeline: Pipeline = {
    stacks: environments.map((environment, index) => ({
      stack: `${name}-${environment}`,
      system: name,
      environment,
      before: environments.slice(0, index),
    })),
    directory: ".",
    branch: "main",
    schedule: "17 3 * * *",
    clouds: [...clouds],
    node: "22",
    terraform: "1.14.0",
  };
  const files = service === "github" ? githubFiles(pipeline) : gitlabFiles(pipeline);
  return Object.fromEntries(files.map(({ path, text }) => [path, text]));
}
