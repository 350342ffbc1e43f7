import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { build, type Plugin } from "esbuild";
import { WITHOUT_CREATION_TRACES } from "../lib/core/creation-traces";
import { repositoryRoot, scratchDirectory } from "../test/support/repository";
import { builtProvider } from "../test/support/step-configuration";
import { measuredRun, type Measured } from "./measured-run";
import { median, ratio, table } from "./table";

const BUCKETS = [1, 10, 100, 500];
const ROUNDS = 5;

/** Synthesis of N buckets with Sterna, beside the same resources written with cdktf's own classes. */
export async function benchSynthesis(): Promise<string> {
  const directory = scratchDirectory("bench-synthesis");
  try {
    const [raw, sterna] = [await compile("raw", directory), await compile("sterna", directory)];
    const rows: (string | number)[][] = [];
    for (const count of BUCKETS) {
      const runs = { raw: [] as Measured[], sterna: [] as Measured[], app: [] as Measured[] };
      for (let round = 0; round < ROUNDS; round++) {
        runs.raw.push(await synthesize(raw, count, join(directory, "out-raw")));
        runs.sterna.push(await synthesize(sterna, count, join(directory, "out-sterna")));
        runs.app.push(await synthesize(sterna, count, join(directory, "out-app"), WITHOUT_CREATION_TRACES));
      }
      for (const out of ["out-sterna", "out-app"])
        assertSameResources(join(directory, "out-raw"), join(directory, out));
      const [base, own, app] = [summarize(runs.raw), summarize(runs.sterna), summarize(runs.app)];
      rows.push([
        count,
        ...[own, app].map(({ seconds }) => ratio(seconds, base.seconds)),
        ...[base, own, app].map(({ megabytes }) => megabytes),
      ]);
    }
    return [
      `Synthesis of N buckets of seven resources each, whole process, median of ${ROUNDS} in turns, relative to raw cdktf.`,
      table(["N", "time", "as `sterna` runs the app", "raw cdktf, MB", "Sterna, MB", "as `sterna` runs it, MB"], rows),
    ].join("\n\n");
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * As JavaScript, with the packages left where they are: a TypeScript loader would take longer than what is measured. The
 * library is what users load, from `dist`.
 */
async function compile(name: string, directory: string): Promise<string> {
  const outfile = join(directory, `${name}.cjs`);
  await build({
    absWorkingDir: repositoryRoot,
    entryPoints: [`bench/synthesis/${name}.ts`],
    bundle: true,
    packages: "external",
    plugins: [builtLibrary],
    platform: "node",
    format: "cjs",
    outfile,
    logLevel: "warning",
  });
  return outfile;
}

const builtLibrary: Plugin = {
  name: "built-library",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.\/\.\.\/lib\// }, ({ path }) => ({
      path: join(repositoryRoot, "dist", `${path.slice("../../".length)}.js`),
      external: true,
    }));
  },
};

async function synthesize(
  script: string,
  count: number,
  outdir: string,
  environment: NodeJS.ProcessEnv = {},
): Promise<Measured> {
  rmSync(outdir, { recursive: true, force: true });
  const command = [process.execPath, script, String(count), outdir, builtProvider] as const;
  return measuredRun([...command], { cwd: repositoryRoot, env: { ...process.env, ...environment } });
}

/** @throws Error when the two programs do not say the same to Terraform */
function assertSameResources(raw: string, sterna: string): void {
  if (isDeepStrictEqual(resources(raw), resources(sterna))) return;
  throw new Error("bench/synthesis/raw.ts and sterna.ts make different resources");
}

/** Resources by type, without their names, in order. */
function resources(outdir: string): Record<string, string[]> {
  const file = join(outdir, "stacks/bench-development/cdk.tf.json");
  const { resource } = JSON.parse(readFileSync(file, "utf8")) as { resource: Record<string, Record<string, object>> };
  const nameless = (body: object): string =>
    JSON.stringify({ ...body, "//": undefined }).replace(/(aws_\w+)\.[\w-]+/g, "$1");
  return Object.fromEntries(
    Object.entries(resource).map(([type, bodies]) => [type, Object.values(bodies).map(nameless).sort()]),
  );
}

function summarize(runs: readonly Measured[]): { seconds: number; megabytes: number } {
  return {
    seconds: median(runs.map(({ seconds }) => seconds)),
    megabytes: median(runs.map(({ memory }) => memory.program)),
  };
}
