import { describe, expect, test } from "@jest/globals";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { Annotations, Testing } from "cdktf";
import {
  Migration,
  MIGRATION_LAYOUTS,
  SecretReference,
  SqlMigrations,
  type SqlMigrationsProps,
  type SqlStep,
} from "../../../lib/index";
import { findProgram } from "../../support/find-program";
import { VERSION_OF, WRITE_DIRECTORY, WRITTEN_MIGRATIONS, writeFiles } from "../../support/migration-directories";
import { errorOf, programOf, stepsOf, temporaryDirectory, TestApp } from "../../support/system-stack";

const scratch = temporaryDirectory();
const DATABASE = SecretReference.environment("SHOP_DATABASE_URL");
const folder = (files: Record<string, string> = {}): string => {
  const directory = mkdtempSync(join(scratch, "migrations-"));
  writeFiles(directory, files);
  return directory;
};

function importing(directory: string, props: Partial<SqlMigrationsProps> = {}) {
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

const availableLayouts = MIGRATION_LAYOUTS.filter(
  (layout) => layout !== "alembic" || findProgram("alembic") !== undefined,
);

describe.each(availableLayouts)("a directory of %s", (layout) => {
  test("becomes a step for each of its files, in their order", () => {
    // GIVEN
    const directory = folder();
    WRITE_DIRECTORY[layout](directory);

    // WHEN
    const { ids, steps, program } = importing(
      directory,
      layout === "flyway" ? { placeholders: { audit: "audit" } } : {},
    );

    // THEN
    const expected = WRITTEN_MIGRATIONS.map((_, index) => `m-${VERSION_OF[layout](index).replace(".", "-")}`);
    expect(ids.slice(0, expected.length)).toEqual(expected);
    expect(ids).toHaveLength(expected.length + (layout === "flyway" ? 1 : 0));
    for (const [index, { title, alone }] of WRITTEN_MIGRATIONS.entries()) {
      expect(steps[index]!.title).toBe(layout === "alembic" ? steps[index]!.title : title.replaceAll("_", " "));
      expect({ title, transaction: program(ids[index]!).transaction }).toEqual({ title, transaction: !alone });
    }
  });
});
void [errorOf, stepsOf, Annotations, Testing];
