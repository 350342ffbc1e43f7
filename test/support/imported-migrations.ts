import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { Migration, SecretReference, SqlMigrations, type SqlMigrationsProps, type SqlStep } from "../../lib/index";
import { writeFiles } from "./migration-directories";
import { errorOf, programOf, temporaryDirectory, TestApp } from "./system-stack";

export const scratch = temporaryDirectory();
const DATABASE = SecretReference.environment("SHOP_DATABASE_URL");
/** A directory with files. */
export const folder = (files: Record<string, string> = {}): string => {
  const directory = mkdtempSync(join(scratch, "migrations-"));
  writeFiles(directory, files);
  return directory;
};

/** A stack with the steps of a directory. */
export function importing(directory: string, props: Partial<SqlMigrationsProps> = {}) {
  const stack = new TestApp(scratch).stack();
  let steps: SqlStep[] = [];
  const migration = new Migration(stack, "import", {
    from: "0.1.0",
    to: "1.0.0",
    acknowledge: { MigrationWithoutBackup: "a test" },
    steps: (m) => {
      steps = SqlMigrations.fromDirectory(m, directory, { database: DATABASE, ...props });
    },
  });
  return {
    stack,
    steps,
    migration,
    ids: steps.map(({ node }) => node.id),
    program: (id: string) => programOf(stack, id),
  };
}

/** All mistakes of a directory, one in a line. */
export const mistakesOf = (files: Record<string, string>, props: Partial<SqlMigrationsProps> = {}): string => {
  const directory = folder(files);
  return errorOf(() => importing(directory, props)).message.replaceAll(`${directory}/`, "");
};
