import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { EnvironmentChain } from "../../environments/environment-chain";
import { readPins } from "../../environments/pins-file";
import { sternaPackage } from "../../environments/sterna-package";
import type { Project } from "../project/project";
import { describeError } from "../report-error";
import { ok, problem, warning, type Finding } from "./finding";

/** The project's files, and the provider that comes with the package. */
export function checkProject(project: Project): Finding[] {
  return [
    ok(`cdktf.json: app \`${project.app}\``),
    attempt("releases.json", () => `${Object.keys(readPins(project.pinsFile).pins).length} systems`),
    existsSync(project.environmentsFile)
      ? attempt("environments.json", () => EnvironmentChain.fromFile(project.environmentsFile).names.join(" → "))
      : warning("there is no environments.json", "Fine if the app declares its environments in code."),
    checkPackagedProvider(),
    ...checkEnvironmentFiles(project),
  ];
}

/** Files of secrets, one per environment. */
function checkEnvironmentFiles({ workspace }: Project): Finding[] {
  if (!existsSync(workspace)) return [];
  const files = readdirSync(workspace)
    .filter((name) => name.endsWith(".env"))
    .map((name) => join(workspace, name));
  return files.map((file) =>
    (statSync(file).mode & 0o077) === 0
      ? ok(`${file} is read for its environment`)
      : warning(`${file} can be read by others`, `Run \`chmod 600 ${file}\`: it is where URLs with passwords go.`),
  );
}

function attempt(title: string, describe: () => string): Finding {
  try {
    return ok(`${title}: ${describe()}`);
  } catch (error) {
    const { code, message } = describeError(error);
    return problem(`${title}: ${code}`, message);
  }
}

function checkPackagedProvider(): Finding {
  const { root, version } = sternaPackage();
  const zip = join(root, "dist", "engine", `terraform-provider-sterna_${version}.zip`);
  if (existsSync(zip)) return ok(`provider sterna/sterna ${version} is built`);
  return problem(
    `the provider ${zip} is missing`,
    "Run `npm run build` in the checkout of Sterna, or install the package again.",
  );
}
