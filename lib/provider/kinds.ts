import { registerKinds } from "../engine/step-kind";
import { archiveKind } from "../steps/archive/kind";
import { backupKind } from "../steps/backup/kind";
import { commandKind } from "../steps/command/kind";
import { documentsKind } from "../steps/documents/kind";
import { envKind } from "../steps/env-file/kind";
import { httpKind } from "../steps/http/kind";
import { sqlKind } from "../steps/sql/kind";
import { transferKind } from "../steps/transfer/kind";

// Whatever runs or reads steps imports this file for its effect: the engine itself knows no kind. A kind loads the client
// of its store when it runs, so that the provider starts fast.
registerKinds({
  archive: () => archiveKind,
  backup: () => backupKind,
  command: () => commandKind,
  documents: () => documentsKind,
  env: () => envKind,
  http: () => httpKind,
  sql: () => sqlKind,
  transfer: () => transferKind,
});
