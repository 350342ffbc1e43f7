import type { z } from "zod";
import "../../lib/provider/kinds";
import type { archiveProgram } from "../../lib/steps/archive/program";
import type { backupProgram } from "../../lib/steps/backup/program";
import type { commandProgram } from "../../lib/steps/command/program";
import type { documentsProgram } from "../../lib/steps/documents/program";
import type { envProgram } from "../../lib/steps/env-file/program";
import type { httpProgram } from "../../lib/steps/http/program";
import type { sqlProgram } from "../../lib/steps/sql/program";
import type { transferProgram } from "../../lib/steps/transfer/program";

export { program } from "../../lib/manifest/program";

/** A program of any kind, before its defaults are filled in. */
export type ProgramInput = z.input<
  | typeof archiveProgram
  | typeof backupProgram
  | typeof commandProgram
  | typeof documentsProgram
  | typeof envProgram
  | typeof httpProgram
  | typeof sqlProgram
  | typeof transferProgram
>;
