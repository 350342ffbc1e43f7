import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "../../lib/core/find-program";
import { findPostgres } from "../../lib/testing/postgres/binaries";
import { awsProvider, downloadedProviders, findProvider, terraformPlatform } from "./provider-mirror";
import { scratchRoot } from "./repository";
import { SKIPPED_FILE } from "./skipped";
import { terraformEnvironment } from "./terraform-environment";
import { TOOLS, type Tool } from "./tools";

/**
 * What `npm test` does first: brings what npm cannot bring, where it may, and names what is missing. Never fails: what
 * needs something that is missing is skipped, counted, and refused by CI.
 */
function setUp(): void {
  mkdirSync(scratchRoot, { recursive: true });
  rmSync(SKIPPED_FILE, { force: true });
  installFromDebian(debianPackages());
  if (findProgram("terraform") !== undefined && findProvider() === undefined) downloadAwsProvider();
  report();
}

function postgresRuns(): boolean {
  const found = findPostgres();
  if (found === undefined) return false;
  // A server whose libraries are missing is there, and yet does not run.
  return spawnSync(join(found.directory, "postgres"), ["--version"], { stdio: "ignore" }).status === 0;
}

/** The packages of Debian that the tests need and that are not here. */
function debianPackages(): string[] {
  const missing = Object.values<Tool>(TOOLS).filter((tool) => !tool.available());
  const packages = missing.flatMap(({ debianPackage }) => debianPackage ?? []);
  return postgresRuns() ? packages : [...packages, "postgresql"];
}

function installFromDebian(packages: readonly string[]): void {
  if (packages.length === 0 || process.getuid?.() !== 0 || findProgram("apt-get") === undefined) return;
  console.log(`set-up: installing ${packages.join(", ")} from Debian's packages`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const args of [["update"], ["install", "--yes", "--no-install-recommends", ...packages]]) {
    const { status } = spawnSync("apt-get", ["--quiet", ...args], { env, stdio: ["ignore", "inherit", "inherit"] });
    if (status !== 0) return;
  }
}

/** Into a mirror of its own, from which `terraform()` installs it in every test. */
function downloadAwsProvider(): void {
  const directory = mkdtempSync(join(tmpdir(), "sterna-providers-"));
  try {
    const required_providers = { aws: awsProvider };
    writeFileSync(join(directory, "main.tf.json"), JSON.stringify({ terraform: { required_providers } }));
    console.log(`set-up: downloading ${awsProvider.source} ${awsProvider.version}`);
    execFileSync("terraform", ["providers", "mirror", `-platform=${terraformPlatform}`, downloadedProviders], {
      cwd: directory,
      env: terraformEnvironment(),
      stdio: "ignore",
      timeout: 600_000,
    });
  } catch {
    // No network, or not to this registry: reported as missing.
    rmSync(downloadedProviders, { recursive: true, force: true });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function report(): void {
  const missing = Object.entries(TOOLS).filter(([, tool]) => !tool.available());
  console.log(
    `set-up: found ${Object.keys(TOOLS)
      .filter((name) => !missing.some(([other]) => other === name))
      .join(", ")}`,
  );
  for (const [name, { obtain }] of missing) {
    console.log(`set-up: ${name} is missing, and the suites that need it will be SKIPPED. To have it: ${obtain}`);
  }
}

setUp();
