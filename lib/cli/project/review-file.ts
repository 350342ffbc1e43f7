import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readJsonFile } from "../../core/read-json-file";
import { planReview, type PlanReview } from "../../promotion/review";
import type { Project } from "./project";
import type { SynthesizedSystem } from "./stacks";
import { replaceFile } from "./write-file";

const LOCK_FILE = ".terraform.lock.hcl";
/** It holds no values, and other accounts of a pipeline's machine pack it up. */
const READABLE_BY_ALL = 0o644;

/**
 * Reads what somebody agreed to.
 *
 * @throws SternaError `FileUnreadable`, `FileNotJson`, `PlanUnreadable`
 */
export function readReviewFile({ directory }: Project, file: string): PlanReview {
  return readJsonFile(resolve(directory, file), planReview, "PlanUnreadable");
}

/** @throws SternaError `FileUnwritable` */
export function writeReviewFile({ directory }: Project, file: string, review: PlanReview): void {
  replaceFile(resolve(directory, file), `${JSON.stringify(review, undefined, 2)}\n`, READABLE_BY_ALL);
}

/** Which builds of the providers a stack was initialized with. */
export function providersOf({ directory }: SynthesizedSystem): string | undefined {
  const file = join(directory, LOCK_FILE);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/**
 * Makes Terraform take the providers of the review in a folder that was never initialized. It would take the newest ones
 * that fit, and plan something else (https://developer.hashicorp.com/terraform/language/files/dependency-lock).
 */
export function takeReviewedProviders({ providers }: PlanReview, { directory }: SynthesizedSystem): void {
  const file = join(directory, LOCK_FILE);
  if (providers !== undefined && !existsSync(file)) replaceFile(file, providers, READABLE_BY_ALL);
}
