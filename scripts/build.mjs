// Builds dist/: the library (tsc), the command line (one file), the Terraform provider and the
// function that rotates secrets (deterministic zips).
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync, renameSync, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { zipSync } from "fflate";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** The oldest node whose parser must at least reach the version check at the top of the file. */
const OLDEST_SYNTAX = "es2019";
const VERSION_CHECK = `if (parseInt(process.versions.node, 10) < 20) { console.log("sterna needs Node.js 20 or newer on the PATH; found " + process.version + " at " + process.execPath); process.exit(1); }`;

/** What Terraform starts. It shows a provider's first line of output when that is no handshake: so errors go there. */
const LAUNCHER = `#!/bin/sh
if ! command -v node >/dev/null 2>&1; then
  echo "sterna needs Node.js 20 or newer on the PATH of Terraform; none was found. Install Node.js, or add its directory to PATH."
  exit 1
fi
STERNA_NODE_OPTIONS="\${NODE_OPTIONS-}"
export STERNA_NODE_OPTIONS
unset NODE_OPTIONS
exec node "$(dirname "$0")/engine.cjs" "$@"
`;

/** Packages that few steps need. In files of their own, since node reads all of a file before it runs the first line. */
const LOADED_ON_DEMAND = {
  "@aws-sdk/client-s3": "aws-s3.cjs",
  "@aws-sdk/client-secrets-manager": "aws-secrets-manager.cjs",
  "google-auth-library": "google-auth.cjs",
};

/** Leaves `import("<package>")` to be read from the file beside the bundle. */
const onDemand = {
  name: "on-demand",
  setup(build) {
    build.onResolve({ filter: new RegExp(`^(${Object.keys(LOADED_ON_DEMAND).join("|")})$`) }, ({ path, kind }) => {
      if (kind !== "dynamic-import") throw new Error(`${path} must be imported where it is needed, by import()`);
      return { path: `./${LOADED_ON_DEMAND[path]}`, external: true };
    });
  },
};

/** The framework is installed by the build of Cloud Run functions, as their documentation asks for it. */
const CLOUD_RUN_PACKAGE = {
  name: "sterna-rotator",
  private: true,
  main: "index.js",
  dependencies: { "@google-cloud/functions-framework": "5.0.5" },
};
const CLOUD_RUN_ENTRY = `const { cloudEvent } = require("@google-cloud/functions-framework");
const { rotate } = require("./rotator.js");
cloudEvent("rotate", rotate);
`;

async function bundle(entry, options) {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    platform: "node",
    format: "cjs",
    write: false,
    legalComments: "none",
    // Some packages can be bundled only from their ES modules.
    mainFields: ["module", "main"],
    external: ["pg-native"],
    logLevel: "warning",
    ...options,
  });
  return result.outputFiles[0].contents;
}

/** Equal content gives equal bytes, on every machine: fixed times, fixed order, a compressor that is plain JavaScript. */
function deterministicZip(files) {
  const mtime = new Date(1980, 0, 1);
  const entry = ({ data, mode }) => [data, { level: 9, mtime, os: 3, attrs: ((0o100000 | mode) << 16) >>> 0 }];
  return zipSync(Object.fromEntries(Object.entries(files).map(([name, file]) => [name, entry(file)])));
}

function write(path, data, mode = 0o644) {
  mkdirSync(dirname(path), { recursive: true });
  if (existsSync(path) && readFileSync(path).equals(Buffer.from(data))) return;
  const draft = `${path}.${process.pid}.draft`;
  writeFileSync(draft, data, { mode });
  renameSync(draft, path);
}

async function buildEngine() {
  // Without `import()`, which esbuild then makes a `require` of: a package in CommonJS has no names that `import()` sees.
  const options = { minify: true, target: OLDEST_SYNTAX, supported: { bigint: true, "dynamic-import": false } };
  const engine = await bundle("lib/provider/main.ts", {
    ...options,
    banner: { js: VERSION_CHECK },
    plugins: [onDemand],
  });
  const others = Object.entries(LOADED_ON_DEMAND).map(async ([name, file]) => [file, await bundle(name, options)]);
  const text = (content) => Buffer.from(content);
  const zip = deterministicZip({
    [`terraform-provider-sterna_v${version}`]: { data: text(LAUNCHER), mode: 0o755 },
    "engine.cjs": { data: engine, mode: 0o644 },
    ...Object.fromEntries((await Promise.all(others)).map(([file, data]) => [file, { data, mode: 0o644 }])),
    // A parent package.json of "type": "module" must not change how the engine is read.
    "package.json": { data: text('{"type":"commonjs"}\n'), mode: 0o644 },
  });
  write(join(root, "dist/engine", `terraform-provider-sterna_${version}.zip`), zip);
}

/** The functions that rotate secrets: in AWS Lambda, whose Node.js brings no version of the SDK to rely on, and in Cloud Run. */
async function buildRotator() {
  const options = { minify: true, target: "node20", supported: { "dynamic-import": false } };
  const index = await bundle("lib/rotator/aws/lambda.ts", options);
  const zip = deterministicZip({ "index.js": { data: Buffer.from(index), mode: 0o644 } });
  write(join(root, "dist/rotator/rotator.zip"), zip);
  const rotator = await bundle("lib/rotator/google/cloud-run.ts", options);
  const googleZip = deterministicZip({
    "index.js": { data: Buffer.from(CLOUD_RUN_ENTRY), mode: 0o644 },
    "package.json": { data: Buffer.from(JSON.stringify(CLOUD_RUN_PACKAGE, null, 2)), mode: 0o644 },
    "rotator.js": { data: Buffer.from(rotator), mode: 0o644 },
  });
  write(join(root, "dist/rotator/google-rotator.zip"), googleZip);
}

async function buildCommandLine() {
  const cli = await bundle("bin/sterna.ts", {
    target: "node20",
    banner: { js: "#!/usr/bin/env node" },
    external: ["pg-native", "@aws-sdk/*"],
  });
  write(join(root, "dist/bin/sterna.js"), cli, 0o755);
}

function buildLibrary() {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  rmSync(join(root, "dist/lib"), { recursive: true, force: true });
  execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
}

const only = process.argv[2];
if (!only || only === "engine") await buildEngine();
if (!only || only === "rotator") await buildRotator();
if (!only || only === "cli") await buildCommandLine();
if (!only || only === "lib") buildLibrary();
