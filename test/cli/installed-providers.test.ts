import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  attachableProviders,
  type InstalledProvider,
  verifyProvider,
} from "../../lib/toolkit/terraform/installed-providers";
import { scratchDirectory } from "../support/repository";
import { terraformPlatform } from "../support/provider-mirror";

const AWS = "registry.terraform.io/hashicorp/aws";
const REQUIRED = { required_providers: { aws: { source: "hashicorp/aws", version: "5.100.0" } } };
const LARGE = 16 * 1024 * 1024;

describe("the installed providers of a stack", () => {
  let stack: string;
  let data: string;
  let environment: NodeJS.ProcessEnv;

  beforeEach(() => {
    stack = scratchDirectory("installed");
    data = join(stack, ".terraform");
    environment = { HOME: join(stack, "home") };
    const place = join(data, "providers", AWS, "5.100.0", terraformPlatform);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, "terraform-provider-aws_v5.100.0_x5"), Buffer.alloc(LARGE, "p"));
    writeFileSync(join(place, "LICENSE.txt"), "MPL\n");
    lock(packageHash("p"));
    write({ terraform: REQUIRED, provider: { aws: [{ region: "eu-central-1" }] } });
  });
  afterEach(() => rmSync(stack, { recursive: true, force: true }));

  const write = (configuration: object) => writeFileSync(join(stack, "cdk.tf.json"), JSON.stringify(configuration));
  const lock = (...hashes: readonly string[]) =>
    writeFileSync(
      join(stack, ".terraform.lock.hcl"),
      `provider "${AWS}" {\n  version     = "5.100.0"\n  hashes = [\n${hashes.map((hash) => `    "${hash}",\n`).join("")}  ]\n}\n`,
    );
  const addresses = () => attachableProviders(stack, data).map(({ address }) => address);
  const program = () => {
    const [found] = attachableProviders(stack, data);
    return (found as InstalledProvider).executable;
  };

  it("are attached with one configuration, or none", () => {
    expect(addresses()).toEqual([AWS]);
    write({ terraform: REQUIRED });
    expect(addresses()).toEqual([AWS]);
    expect(program()).toBe(realpathSync(program()));
  });

  it("are attached beside a provider of which only the version is written", () => {
    write({ terraform: { required_providers: { ...REQUIRED.required_providers, random: "~> 3.0" } } });

    expect(addresses()).toEqual([AWS]);
  });

  it("are left to Terraform in a shape of configuration that is not known", () => {
    write({ terraform: [REQUIRED], provider: "aws" });

    expect(addresses()).toEqual([]);
  });

  it.each([
    ["two configurations", { provider: { aws: [{}, { alias: "us" }] } }],
    ["an alias", { provider: { aws: [{ alias: "us" }] } }],
    [
      "two names for one provider",
      { terraform: { required_providers: { ...REQUIRED.required_providers, other: { source: "hashicorp/aws" } } } },
    ],
    ["runs elsewhere", { terraform: { ...REQUIRED, cloud: { organization: "o" } } }],
    ["runs in a remote backend", { terraform: { ...REQUIRED, backend: { remote: {} } } }],
    ["modules that were not installed", { module: { a: { source: "./a" } } }],
    ["no use for it", { terraform: { required_providers: {} } }],
  ])("are left to Terraform with %s", (_what, change) => {
    write({ terraform: REQUIRED, ...change });
    expect(addresses()).toEqual([]);
  });

  it("are left to Terraform when a module or another file configures a provider", () => {
    // GIVEN
    mkdirSync(join(stack, "a"));
    mkdirSync(join(data, "modules"));
    const modules = {
      Modules: [
        { Key: "", Dir: "." },
        { Key: "a", Dir: "a" },
      ],
    };
    writeFileSync(join(data, "modules/modules.json"), JSON.stringify(modules));
    write({ terraform: REQUIRED, module: { a: { source: "./a" } } });

    // THEN
    writeFileSync(join(stack, "a/main.tf"), 'resource "aws_s3_bucket" "b" {}\n');
    expect(addresses()).toEqual([AWS]);
    writeFileSync(join(stack, "a/main.tf"), 'provider "aws" {\n  region = "us-east-1"\n}\n');
    expect(addresses()).toEqual([]);

    // WHEN
    write({ terraform: REQUIRED });
    expect(addresses()).toEqual([AWS]);
    writeFileSync(join(stack, "extra.tf"), "");

    // THEN
    expect(addresses()).toEqual([]);
  });

  it("are left to Terraform without a hash of their content", () => {
    lock("zh:0000");
    expect(addresses()).toEqual([]);
    rmSync(join(stack, ".terraform.lock.hcl"));
    expect(addresses()).toEqual([]);
  });

  it("are started only with the content that the lock file knows, whatever was read before", async () => {
    // GIVEN: digests are kept of files that did not change for two seconds
    const [provider] = attachableProviders(stack, data);
    await sleep(2_100);
    await verifyProvider(provider!, environment);
    const cache = join(stack, "home/.cache/sterna/providers.json");
    expect(statSync(cache).mode & 0o777).toBe(0o600);
    expect(Object.keys(JSON.parse(readFileSync(cache, "utf8")))).toHaveLength(1);
    await verifyProvider(provider!, environment);

    // WHEN: a byte changes, and the time of the change is put back
    const { atime, mtime } = statSync(provider!.executable);
    writeFileSync(provider!.executable, Buffer.alloc(LARGE, "q"));
    utimesSync(provider!.executable, atime, mtime);

    // THEN
    await expect(verifyProvider(provider!, environment)).rejects.toMatchObject({ code: "ProviderChanged" });

    // WHEN
    lock(packageHash("q"), "h1:other");

    // THEN
    await verifyProvider(attachableProviders(stack, data)[0]!, environment);
  });

  it("are not believed from a cache that others can write", async () => {
    // GIVEN
    const [provider] = attachableProviders(stack, data);
    const home = join(stack, "home/.cache/sterna");
    await sleep(2_100);
    await verifyProvider(provider!, environment);
    const cache = join(home, "providers.json");
    const wrong = readFileSync(cache, "utf8").replace(/"[0-9a-f]{64}"/, `"${"0".repeat(64)}"`);
    rmSync(cache);

    // WHEN
    writeFileSync(cache, wrong, { mode: 0o600 });

    // THEN: it is read at all
    await expect(verifyProvider(provider!, environment)).rejects.toMatchObject({ code: "ProviderChanged" });

    // WHEN
    rmSync(cache);
    writeFileSync(cache, wrong);
    chmodSync(cache, 0o666);

    // THEN
    await verifyProvider(provider!, environment);
  });
});

/** Hash1 of golang.org/x/mod/sumdb/dirhash, over the two files of the package. */
function packageHash(fill: string): string {
  const digest = (content: string | Buffer) => createHash("sha256").update(content).digest("hex");
  const lines = `${digest("MPL\n")}  LICENSE.txt\n${digest(Buffer.alloc(LARGE, fill))}  terraform-provider-aws_v5.100.0_x5\n`;
  return `h1:${createHash("sha256").update(lines).digest("base64")}`;
}
