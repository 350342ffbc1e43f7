import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** File names under which packages put their license and what must go along with it. */
const LICENSE_FILE = /^(licen[cs]e|copying|notice)/i;

/**
 * The licenses of the packages whose code is part of bundles: name, version, license, and its text where the package
 * brings one.
 *
 * @param root of the checkout
 * @param files that were bundled, from the root
 * @throws Error for a package that names no license
 */
export function noticesOf(root, files) {
  const folders = new Set([...files].flatMap((file) => packageFolder(root, file) ?? []));
  const packages = [...folders].map((folder) => ({
    folder,
    ...JSON.parse(readFileSync(join(folder, "package.json"), "utf8")),
  }));
  // Many packages bring the same text.
  const byText = new Map();
  for (const { title, text } of packages.map(noticeOf)) byText.set(text, [...(byText.get(text) ?? []), title]);
  const notices = [...byText].map(([text, group]) => {
    const titles = [...new Set(group)].sort();
    return `${titles.join("\n")}\n\n${text}`.trim();
  });
  return [
    "Sterna's JavaScript, its Terraform provider and its rotation functions contain code of these packages.",
    ...notices.sort(),
  ].join(`\n\n${"-".repeat(80)}\n\n`);
}

/** The folder of the package that a file is part of; nothing for a file of Sterna. */
function packageFolder(root, file) {
  const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file);
  return match === null ? undefined : join(root, match[1]);
}

function noticeOf({ folder, name, version, license }) {
  if (typeof license !== "string") throw new Error(`${name} ${version} names no license in its package.json`);
  const texts = readdirSync(folder)
    .filter((file) => LICENSE_FILE.test(file))
    .sort()
    .map((file) => readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n").trim());
  return { title: `${name} ${version} (${license})`, text: texts.join("\n\n") };
}
