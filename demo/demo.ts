// The main job, on one machine and without credentials: app_ef goes from the beta to 1.0.0 in staging and production, and
// back again. Real Terraform, a real PostgreSQL, real files; AWS is a stand-in. `--full` adds development, more projects, an
// install of the beta in production, and the lifecycle rules, which the AWS provider waits for. `--keep` leaves the
// servers running until Ctrl-C.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { proofClass } from "../lib/promotion/promotion-report";
import { digestTree } from "../test/fixtures/app-ef/generate";
import { AppEfProject, ENVIRONMENTS, type EnvironmentName } from "../test/support/app-ef-project";
import { findProgram } from "../lib/core/find-program";
import { repositoryRoot } from "../test/support/repository";
import { Commands } from "./commands";
import { startIdentityStandIn } from "./identity-stand-in";
import { Narrator } from "./narrator";

const BETA = "0.1.0-beta";
const VERSION_1 = "1.0.0";
const REFUSED_PLAN = "refused-plan.html";
const SHORT_APP = "node app.cjs --without-lifecycle";

const full = process.argv.includes("--full");
const PROJECTS = full ? 300 : 100;
const keep = process.argv.includes("--keep");
const environments: readonly EnvironmentName[] = full ? ENVIRONMENTS : ["staging", "production"];
const directory = join(repositoryRoot, ".demo");
const narrator = new Narrator();

async function main(): Promise<void> {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  narrator.heading(`${environments.length} installations of app_ef, each with its own data, .env and database`);
  const project = await AppEfProject.start({ parent: directory, projects: PROJECTS, release: BETA, environments });
  if (!full) await bundleApp();
  const identity = project.aws ? undefined : await startIdentityStandIn();
  const commands = new Commands(directory, { CHECKPOINT_DISABLE: "1", ...identity?.environment }, narrator);
  let cleaning: Promise<void> | undefined;
  const cleanUp = (): Promise<void> =>
    (cleaning ??= commands
      .interrupt()
      .then(() => Promise.all([project.stop(), identity?.stop()]))
      .then(() => undefined));
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      narrator.bad("interrupted: stops what it started");
      void cleanUp().finally(() => process.exit(130));
    });
  }
  try {
    writeEnvironmentFiles(project);
    narrator.good(`${PROJECTS} projects each, in .demo/installations; PostgreSQL on port ${project.postgres.port}`);
    narrator.good(project.aws ? `AWS: a stand-in on ${project.aws.endpoint}` : "AWS: planned only, see below");
    await tell(project, commands);
    if (keep) await keepRunning();
  } catch (error) {
    if (cleaning) return;
    throw error;
  } finally {
    await cleanUp();
  }
}

async function tell(project: AppEfProject, commands: Commands): Promise<void> {
  if (findProgram("terraform") === undefined) return withoutTerraform(commands);
  if (project.aws === undefined) return withoutAws(project, commands);

  const beta = fingerprint(project, "production");
  const install = (name: EnvironmentName) => commands.quietly(["apply", "app-ef", name, "--auto-approve"], 0);
  // In the short form, the buckets come with 1.0.0. They belong to the environments, and stay on the way back.
  const production = full ? await installBeta(commands, install) : undefined;

  const [first] = environments as [EnvironmentName];
  narrator.heading(`1.0.0 in ${first}: one line of releases.json, then apply`);
  pin(project, first, VERSION_1);
  if (full) await commands.sterna(["plan", "app-ef", first], 2);
  // Without a saved plan, an apply plans first, and shows what it will do.
  await commands.sterna(["apply", "app-ef", first, ...(full ? [] : ["--auto-approve"])], 0);

  if (full) await promoteToStaging(commands);
  await production?.end;
  if (full) await commands.sterna(["status", "app-ef"], 0);

  narrator.heading("To production, in a hurry: one extra bucket, a different number of days, and one check missing");
  await refuseHurry(project, commands);

  narrator.heading("To production, which staging proved");
  await commands.sterna(["promote", "app-ef", "staging", "production"], 2);
  await commands.sterna(["apply", "app-ef", "production"], 0);
  await showMigrated(project);

  narrator.heading("Back to the beta");
  await commands.sterna(["rollback", "app-ef", "production", "--to", BETA], 2);
  await commands.sterna(["apply", "app-ef", "production"], 0);
  await showRolledBack(project, beta);
  if (full) await commands.sterna(["status", "app-ef"], 0);

  narrator.heading(`Done in ${narrator.seconds()} s`);
  narrator.say(`Open the report of the refused plan: .demo/${REFUSED_PLAN}`);
  narrator.say("Look around in .demo: releases.json, installations, backups, cdktf.out, .sterna/records.");
  if (!full) narrator.say("All three environments, with the waits of the AWS provider: npm run demo -- --full");
  if (!keep) narrator.say("To go on in .demo with the servers running: npm run demo -- --keep");
}

interface Installing {
  /** Settles once production has its buckets. */
  readonly end: Promise<void>;
}

async function installBeta(commands: Commands, install: (name: EnvironmentName) => Promise<void>): Promise<Installing> {
  narrator.heading("The beta runs everywhere: the buckets are created");
  narrator.say("S3 confirms lifecycle rules slowly: the AWS provider always waits about 55 s for them.");
  // The first synthesis creates the folders; two at once would both try to.
  await commands.sterna(["status", "app-ef"], 0);
  await Promise.all([install("development"), install("staging")]);
  narrator.say("Staging has its buckets, so production may have them too. That takes another minute, meanwhile:");
  return begin(commands, "production");
}

async function promoteToStaging(commands: Commands): Promise<void> {
  narrator.heading("Straight to production? Refused");
  await commands.sterna(["promote", "app-ef", "development", "production"], 3);

  narrator.heading("To staging, which development proved");
  await commands.sterna(["promote", "app-ef", "development", "staging"], 2);
  narrator.say("The pin is raised, nothing is applied yet. So staging has proved nothing for production:");
  await commands.sterna(["promote", "app-ef", "staging", "production"], 3);
  await commands.sterna(["apply", "app-ef", "staging"], 0);
}

/** Begins an apply, and comes back once it has read what was synthesized: the next command synthesizes again. */
async function begin(commands: Commands, name: EnvironmentName): Promise<Installing> {
  let planning = (): void => undefined;
  const planned = new Promise<void>((resolve) => (planning = resolve));
  const end = commands.quietly(["apply", "app-ef", name, "--auto-approve"], 0, (output) => {
    if (output.includes("Ready to apply")) planning();
  });
  await Promise.race([planned, end]);
  // Waited for later; that it failed is told then.
  end.catch(() => undefined);
  return { end };
}

/** What the environment before did not prove is called by its class, each change by name, and refused. */
async function refuseHurry(project: AppEfProject, commands: Commands): Promise<void> {
  const declared = full ? "node --import tsx ../bin/app.ts" : SHORT_APP;
  pin(project, "production", VERSION_1);
  declareBy(full ? "node --import tsx ../demo/app.ts --hurried" : `${SHORT_APP} --hurried`);
  try {
    await commands.sterna(["plan", "app-ef", "production", "--out", REFUSED_PLAN], 3);
  } finally {
    declareBy(declared);
    project.pin("production", BETA);
  }
  const text = readFileSync(join(directory, REFUSED_PLAN), "utf8");
  for (const name of proofClass.options) if (!text.includes(`>${name}<`)) throw new Error(`nothing is ${name}`);
  narrator.good(`one plan with all four classes: ${proofClass.options.join(", ")}; as a page in .demo/${REFUSED_PLAN}`);
  narrator.say("The app and the pin are as they were.");
}

/** Lets cdktf.json run another app. */
function declareBy(app: string): void {
  const file = join(directory, "cdktf.json");
  const content = JSON.parse(readFileSync(file, "utf8")) as object;
  writeFileSync(file, `${JSON.stringify({ ...content, app }, undefined, 2)}\n`);
}

/** Compiles the app once: each command synthesizes. */
async function bundleApp(): Promise<void> {
  await build({
    absWorkingDir: repositoryRoot,
    entryPoints: ["demo/app.ts"],
    bundle: true,
    packages: "external",
    platform: "node",
    format: "cjs",
    // Properties are checked by the names of their classes.
    keepNames: true,
    outfile: join(directory, "app.cjs"),
    logLevel: "warning",
  });
  declareBy(SHORT_APP);
}

/** Until an interrupt ends the demo. */
function keepRunning(): Promise<never> {
  narrator.say(
    "The servers run until you press Ctrl-C. In another terminal: cd .demo && node ../dist/bin/sterna.js status",
  );
  return new Promise(() => setInterval(() => undefined, 60_000));
}

/** What belongs to one environment and must not be committed: `sterna` reads `.sterna/<environment>.env`. */
function writeEnvironmentFiles(project: AppEfProject): void {
  mkdirSync(join(directory, ".sterna"), { recursive: true });
  for (const name of environments) {
    const lines = Object.entries(project.environmentOf(name)).map(
      ([key, value]) => `${key}=${JSON.stringify(value)}\n`,
    );
    writeFileSync(join(directory, ".sterna", `${name}.env`), lines.join(""), { mode: 0o600 });
  }
}

function pin(project: AppEfProject, name: EnvironmentName, release: string): void {
  project.pin(name, release);
  narrator.say(`releases.json: app-ef in ${name} ${BETA} → ${release}`);
}

async function withoutTerraform(commands: Commands): Promise<void> {
  narrator.heading("Terraform is not installed: synthesis only");
  await commands.sterna(["status", "app-ef"], 0);
  narrator.good("Synthesized: .demo/cdktf.out/stacks/app-ef-*/cdk.tf.json");
  narrator.bad(
    "Install Terraform 1.5 or newer (https://developer.hashicorp.com/terraform/install) and run the demo again.",
  );
}

async function withoutAws(project: AppEfProject, commands: Commands): Promise<void> {
  narrator.heading("moto_server is not installed: cloud resources are planned, nothing is applied");
  pin(project, environments[0]!, VERSION_1);
  await commands.sterna(["plan", "app-ef", environments[0]!], 2);
  await commands.sterna(["promote", "app-ef", environments[0]!, environments[1]!], 3);
  narrator.bad(
    "Install moto (`pip install 'moto[server]'`) and run the demo again, to see it applied and rolled back.",
  );
}

interface Fingerprint {
  readonly data: string;
  readonly env: string;
}

function fingerprint(project: AppEfProject, name: EnvironmentName): Fingerprint {
  const { directory: installation } = project.installations[name];
  return { data: digestTree(join(installation, "data")), env: readFileSync(join(installation, ".env"), "utf8") };
}

async function health(project: AppEfProject): Promise<{ version: string; projects: number }> {
  const response = await fetch(`${project.installations.production.server.url}/health`);
  return (await response.json()) as { version: string; projects: number };
}

async function showMigrated(project: AppEfProject): Promise<void> {
  const rows = await project.postgres.query<{ n: number }>(
    "select count(*)::int as n from app_ef.projects",
    "app_ef_production",
  );
  const { version, projects } = await health(project);
  narrator.good(`PostgreSQL of production holds ${rows[0]!.n} projects, each with the digest of its file`);
  narrator.good(`the application answers as ${version} and serves ${projects} projects from PostgreSQL`);
}

async function showRolledBack(project: AppEfProject, before: Fingerprint): Promise<void> {
  const after = fingerprint(project, "production");
  const { version, projects } = await health(project);
  if (after.data !== before.data || after.env !== before.env) throw new Error("the beta is not as it was");
  if (existsSync(join(project.installations.production.directory, ".env.v1")))
    throw new Error(".env.v1 is still there");
  narrator.good(`data and .env are as before, byte for byte (sha256 ${after.data.slice(0, 16)}…)`);
  narrator.good(`the application answers as ${version} and serves ${projects} projects from its files`);
}

main().catch((error: Error) => {
  console.error(`\nThe demo failed: ${error.message}`);
  process.exitCode = 1;
});
