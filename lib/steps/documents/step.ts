import type { Construct } from "constructs";
import type { TextInput } from "../../core/references";
import { Step, type StepProps } from "../../migrations/migration";
import type { TypedStepProgram } from "../../migrations/step-program";
import { documentsProgram } from "./program";

/** Properties of a `DocumentsStep`. */
export interface DocumentsStepProps extends StepProps {
  /** Directory of the documents. It is read and never changed. */
  readonly directory: TextInput;

  /** Connection URL of the PostgreSQL database: `SecretReference.environment("APP_EF_DATABASE_URL")`. */
  readonly database: TextInput;

  /** Table with the columns `key text primary key`, `document json`, `sha256 text`, `path text`, `imported_by text`. */
  readonly table: string;

  /** Top-level field of a document that contains the key of its row. */
  readonly key: string;

  /**
   * File name suffix of documents.
   * @default ".json"
   */
  readonly suffix?: string;
}

/**
 * Imports the JSON documents of a directory into the rows of a PostgreSQL table, byte for byte. Verifies itself by
 * count and digests. Its rollback deletes the rows that it created.
 */
export class DocumentsStep extends Step {
  /** @throws ValidationError what `Step` throws */
  constructor(scope: Construct, id: string, props: DocumentsStepProps) {
    const { directory, database, table, key, suffix } = props;
    super(scope, id, props, (): TypedStepProgram<typeof documentsProgram> => ({
      schema: documentsProgram,
      program: { kind: "documents", directory, database, table, key, suffix },
    }));
  }
}
