import { beforeEach, expect, test } from "@jest/globals";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { deliverProvider, linkProviders, providerMirrors } from "../../lib/environments/provider-delivery";
import { temporaryDirectory } from "../support/system-stack";

const root = temporaryDirectory();
let directory: string;
let plugins: string;
beforeEach(() => {
  directory = mkdtempSync(join(root, "case-"));
  plugins = join(directory, "terraform.d", "plugins");
});

/** A mirror as `terraform providers mirror` unpacked it. */
function mirror(name: string, ...places: string[]): string {
  for (const place of places) {
    mkdirSync(join(directory, name, "registry.terraform.io", place), { recursive: true });
    writeFileSync(join(directory, name, "registry.terraform.io", place, "terraform-provider"), place);
  }
  return join(directory, name);
}

const aws = (version: string) => ({ aws: { source: "hashicorp/aws", version } });
const linked = () => join(plugins, "registry.terraform.io", "hashicorp", "aws");

test("the provider's zip stands under the name of each platform", () => {
  // GIVEN
  const zip = join(directory, "provider.zip");
  writeFileSync(zip, "content");
  // WHEN
  deliverProvider(zip, plugins, "0.1.0", ["linux_amd64", "darwin_arm64"]);
  // THEN
  const place = join(plugins, "registry.terraform.io", "sterna", "sterna");
  expect(readdirSync(place).sort()).toEqual([
    "terraform-provider-sterna_0.1.0_darwin_arm64.zip",
    "terraform-provider-sterna_0.1.0_linux_amd64.zip",
  ]);
  expect(readFileSync(join(place, "terraform-provider-sterna_0.1.0_linux_amd64.zip"), "utf8")).toBe("content");
});

test("an equal zip is not written again, and another one takes its place", () => {
  // GIVEN
  const zip = join(directory, "provider.zip");
  const delivered = join(
    plugins,
    "registry.terraform.io/sterna/sterna/terraform-provider-sterna_0.1.0_linux_amd64.zip",
  );
  const deliver = () => deliverProvider(zip, plugins, "0.1.0", ["linux_amd64"]);
  mkdirSync(join(delivered, ".."), { recursive: true });
  writeFileSync(zip, "one");
  writeFileSync(delivered, "one");
  const first = statSync(delivered).ino;
  // WHEN
  deliver();
  // THEN
  expect(statSync(delivered).ino).toBe(first);
  // WHEN
  writeFileSync(zip, "two");
  deliver();
  // THEN
  expect(readFileSync(delivered, "utf8")).toBe("two");
  expect(readdirSync(join(delivered, ".."))).toHaveLength(1);
});

test("a provider of a mirror is linked at the level of the platform", () => {
  // GIVEN
  const place = mirror("mirror", "hashicorp/aws/5.100.0/linux_amd64", "hashicorp/aws/5.99.0/linux_amd64");
  // WHEN
  linkProviders(aws("5.100.0"), [place], plugins, ["linux_amd64", "darwin_arm64"]);
  // THEN
  expect(readdirSync(linked())).toEqual(["5.100.0"]);
  expect(readdirSync(join(linked(), "5.100.0"))).toEqual(["linux_amd64"]);
  expect(readlinkSync(join(linked(), "5.100.0", "linux_amd64"))).toBe(
    join(place, "registry.terraform.io/hashicorp/aws/5.100.0/linux_amd64"),
  );
});

test("the newest version that fits comes from the first mirror that has one", () => {
  // GIVEN
  const mirrors = [
    mirror("first", "hashicorp/aws/4.0.0/linux_amd64"),
    mirror(
      "second",
      "hashicorp/aws/5.9.0/linux_amd64",
      "hashicorp/aws/5.100.0/linux_amd64",
      "hashicorp/aws/6.0.0/linux_amd64",
    ),
    mirror("third", "hashicorp/aws/5.101.0/linux_amd64"),
  ];
  // WHEN
  linkProviders(aws("~> 5.0"), mirrors, plugins, ["linux_amd64"]);
  // THEN
  expect(readlinkSync(join(linked(), "5.100.0", "linux_amd64"))).toContain("/second/");
});

test("nothing is linked where no version fits, and the link of an earlier synthesis goes", () => {
  // GIVEN
  const place = mirror("mirror", "hashicorp/aws/5.100.0/linux_amd64");
  linkProviders(aws("5.100.0"), [place], plugins, ["linux_amd64"]);
  // WHEN
  linkProviders(aws("6.0.0"), [place], plugins, ["linux_amd64"]);
  // THEN
  expect(existsSync(join(linked(), "5.100.0", "linux_amd64"))).toBe(false);
});

test("linking again keeps the link, and what people put there themselves", () => {
  // GIVEN
  const place = mirror("mirror", "hashicorp/aws/5.100.0/linux_amd64");
  const own = join(linked(), "5.100.0", "darwin_arm64");
  mkdirSync(own, { recursive: true });
  const link = () => linkProviders(aws("5.100.0"), [place], plugins, ["linux_amd64", "darwin_arm64"]);
  link();
  const before = lstatSync(join(linked(), "5.100.0", "linux_amd64")).ino;
  // WHEN
  link();
  // THEN
  expect(lstatSync(join(linked(), "5.100.0", "linux_amd64")).ino).toBe(before);
  expect(lstatSync(own).isDirectory()).toBe(true);
});

test("a mirror that somebody names comes before the one of the environment, and that before the usual places", () => {
  // GIVEN
  const named = mirror("named", "a/b");
  const fromEnvironment = mirror("environment", "a/b");
  const usual = mirror("home/.terraform.d/plugins", "a/b");
  const data = mirror("data/terraform/plugins", "a/b");
  // WHEN
  const mirrors = providerMirrors(named, {
    HOME: join(directory, "home"),
    STERNA_PROVIDER_MIRROR: fromEnvironment,
    XDG_DATA_HOME: join(directory, "data"),
    XDG_DATA_DIRS: join(directory, "nothing"),
  });
  // THEN
  expect(mirrors.slice(0, 4)).toEqual([named, fromEnvironment, usual, data]);
});

test("a directory without registry.terraform.io is no mirror", () => {
  expect(providerMirrors(directory, { HOME: directory })).not.toContain(directory);
});
