// Builds dist/: the library and the command line (JavaScript that shares its chunks, and declarations), the Terraform
// provider and the functions that rotate secrets (deterministic zips), and the licenses of all that is bundled.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync, renameSync, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { zipSync } from "fflate";
import { keepPublicDeclarations, writeOutInferredTypes } from "./declarations.mjs";
import { COPIED, lazyBundle } from "./lazy-bundle.mjs";
import { noticesOf } from "./notices.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { version, exports: entryPoints } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

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

/** `z` as a namespace that was exported keeps all of zod, its 40 languages included; as one that was imported, what is used. */
const onlyUsedZod = {
  name: "only-used-zod",
  setup(build) {
    build.onLoad({ filter: /\/lib\/.*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace('import { z } from "zod";', 'import * as z from "zod";'),
      loader: "ts",
    }));
  },
};

/** What is installed beside the library, never bundled: constructs must be the same classes for all. */
const PEERS = ["cdktf", "cdktf/*", "constructs", "@cdktf/*"];

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

/** Source files of everything that was bundled in this run, for the notices. */
const bundled = new Set();

const COMMON = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  write: false,
  metafile: true,
  legalComments: "none",
  // Some packages can be bundled only from their ES modules.
  mainFields: ["module", "main"],
  logLevel: "warning",
};

async function run(options) {
  const result = await build({ ...COMMON, ...options, plugins: [onlyUsedZod, ...(options.plugins ?? [])] });
  for (const { inputs } of Object.values(result.metafile.outputs)) {
    for (const [file, { bytesInOutput }] of Object.entries(inputs)) if (bytesInOutput > 0) bundled.add(file);
  }
  return result.outputFiles;
}

async function bundle(entry, options) {
  const [file] = await run({ entryPoints: [entry], format: "cjs", external: ["pg-native"], ...options });
  return file.contents;
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
  const options = {
    minify: true,
    target: OLDEST_SYNTAX,
    supported: { bigint: true, "dynamic-import": false },
    external: ["pg-native"],
  };
  const { outputs, files } = await lazyBundle({
    root,
    entries: { "engine.cjs": "bin/provider.ts" },
    groupOf: (file) => readFirst(file) ?? (file.startsWith("lib/") ? "sterna" : awsPackages(file)),
    place: (group) => `${group}.cjs`,
    header: () => `${VERSION_CHECK}\n`,
    esbuild: options,
  });
  for (const file of files) bundled.add(file);
  const text = (content) => ({ data: Buffer.from(content), mode: 0o644 });
  const zip = deterministicZip({
    [`terraform-provider-sterna_v${version}`]: { ...text(LAUNCHER), mode: 0o755 },
    ...Object.fromEntries([...outputs].map(([file, content]) => [file, text(content)])),
    // A parent package.json of "type": "module" must not change how the engine is read.
    "package.json": text('{"type":"commonjs"}\n'),
  });
  write(join(root, "dist/engine", `terraform-provider-sterna_${version}.zip`), zip);
}

/** What the command line and the provider read before anything else. */
function readFirst(file) {
  return /^lib\/(core\/compile-cache|toolkit\/stack-worker\/argument)\.ts$/.test(file) ? COPIED : undefined;
}

/** The clients of AWS are one group: they share most of their code, and few commands and steps need any. */
function awsPackages(file) {
  return /^node_modules\/@(aws|aws-crypto|aws-sdk|smithy)\//.test(file) ? "aws-sdk" : undefined;
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

const COMMAND_LINE = "bin/sterna.js";

/** The source of each entry point, by its place in `dist`. */
function javaScriptEntries() {
  const places = Object.values(entryPoints).flatMap((entry) => entry.default ?? []);
  const library = places.map((place) => /^\.\/dist\/(.+)\.js$/.exec(place)[1]);
  return Object.fromEntries([...library, "bin/sterna"].map((place) => [`${place}.js`, `${place}.ts`]));
}

/**
 * The entry points of the library and the command line. Each room of `lib` is one file, and so is each package: a class is
 * the same for `sterna` and `sterna/aws`, and what a command or a construct does not use is not loaded.
 */
async function buildJavaScript() {
  const { outputs, files } = await lazyBundle({
    root,
    entries: javaScriptEntries(),
    groupOf: (file) => readFirst(file) ?? /^lib\/([\w-]+)/.exec(file)?.[1] ?? awsPackages(file),
    place: (group) => `chunks/${group}.js`,
    header: (path) => (path === COMMAND_LINE ? "#!/usr/bin/env node\n" : ""),
    esbuild: {
      external: [...PEERS, "pg-native", "libpg-query"],
      target: "node20",
      supported: { "dynamic-import": false },
      // Names of classes appear in messages.
      keepNames: true,
    },
  });
  for (const file of files) bundled.add(file);
  const written = [...outputs].map(([place, content]) => {
    const path = join(root, "dist", place);
    write(path, content, place === COMMAND_LINE ? 0o755 : 0o644);
    return path;
  });
  for (const folder of ["bin", "chunks", "lib"]) removeOthers(join(root, "dist", folder), written);
}

/** Removes the JavaScript of earlier builds. */
function removeOthers(directory, keep) {
  for (const name of readdirSync(directory, { recursive: true, encoding: "utf8" })) {
    const path = join(directory, name);
    if (name.endsWith(".js") && !keep.includes(path)) rmSync(path);
  }
}

function buildDeclarations() {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
  const entries = Object.values(entryPoints).flatMap((entry) => (entry.types ? [join(root, entry.types)] : []));
  writeOutInferredTypes(entries, join(root, "dist/lib"));
  keepPublicDeclarations(entries, join(root, "dist/lib"));
}

const only = process.argv[2];
if (!only || only === "engine") await buildEngine();
if (!only || only === "rotator") await buildRotator();
if (!only || only === "cli" || only === "js") await buildJavaScript();
if (!only || only === "lib") buildDeclarations();
if (!only) write(join(root, "dist/THIRD_PARTY_NOTICES"), noticesOf(root, bundled));
