import type { Program } from "../manifest/program";
import { archiveKind } from "../steps/archive/kind";
import { commandKind } from "../steps/command/kind";
import { documentsKind } from "../steps/documents/kind";
import { envKind } from "../steps/env-file/kind";
import { filesKind } from "../steps/files/kind";
import { httpKind } from "../steps/http/kind";
import { sqlKind } from "../steps/sql/kind";
import type { AnyStepKind } from "../engine/step-kind";
import { transferKind } from "../steps/transfer/kind";

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
