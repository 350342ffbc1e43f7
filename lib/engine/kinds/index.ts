import type { Program } from "../program";
import { archiveKind } from "./archive";
import { commandKind } from "./command";
import { documentsKind } from "./documents";
import { envKind } from "./env-file";
import { filesKind } from "./files";
import { httpKind } from "./http";
import { sqlKind } from "./sql";
import type { AnyStepKind } from "./step-kind";
import { transferKind } from "./transfer";

const KINDS = {
  archive: archiveKind,
  command: commandKind,
  documents: documentsKind,
  env: envKind,
  files: filesKind,
  http: httpKind,
  sql: sqlKind,
  transfer: transferKind,
} satisfies Record<Program["kind"], unknown>;

/** How a program is run. The table's types say which kind runs which program; callers hold any of them. */
export function kindOf(program: Program): AnyStepKind {
  return KINDS[program.kind] as unknown as AnyStepKind;
}
