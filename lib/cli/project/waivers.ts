import { existsSync } from "node:fs";
import { join } from "node:path";
import { readJsonFile } from "../../core/read-json-file";
import { Waivers, waiversFile, type WaiverPlace } from "../../promotion/proof/waivers";
import type { Project } from "./project";

/** `waivers.json`, which is committed. */
export function waiversPath({ directory }: Pick<Project, "directory">): string {
  return join(directory, "waivers.json");
}

/**
 * The waivers for a release of a system in an environment.
 *
 * @throws SternaError `FileNotJson`, `InvalidWaivers`
 */
export function readWaivers(project: Project, place: WaiverPlace): Waivers {
  const file = waiversPath(project);
  const all = existsSync(file) ? readJsonFile(file, waiversFile, "InvalidWaivers").waivers : [];
  return new Waivers(all, place, Date.now());
}
