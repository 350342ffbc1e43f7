import { kindOf } from "../../engine/kinds";
import { program, type Program } from "../../engine/program";

/** Whether a program leaves nothing to undo: a check, a backup that is kept. */
export function isEffectless(program: Program): boolean {
  return kindOf(program).effectless;
}

/** The same for a program's JSON. One of another version counts as having an effect: better to announce a rollback too many. */
export function isEffectlessJson(json: string): boolean {
  try {
    return isEffectless(program.parse(JSON.parse(json)));
  } catch {
    return false;
  }
}
