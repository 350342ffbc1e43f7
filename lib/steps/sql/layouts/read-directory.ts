import { join } from "node:path";
import { SternaError } from "../../../core/errors";
import { Script } from "../../script";
import { alembicConfiguration, readAlembic } from "./alembic";
import { isDbmateText, readDbmate } from "./dbmate";
import { isDiesel, readDiesel } from "./diesel";
import { isFlyway, readFlyway } from "./flyway";
import { isGolangMigrate, readGolangMigrate } from "./golang-migrate";
import { type DirectoryReading, type MigrationLayout, namesIn } from "./layout";
import { isNumbered, readNumbered } from "./numbered";

/** Settings of a tool other than the directory. */
export interface ReadDirectoryOptions {
  readonly placeholders?: Readonly<Record<string, string>> | false | undefined;
  readonly alembic?: readonly string[] | undefined;
}

/**
 * The migrations of a directory.
 *
 * @throws SternaError `FileUnreadable`, `AlembicFailed`
 */
export function readDirectory(
  directory: string,
  layout: MigrationLayout,
  { placeholders, alembic }: ReadDirectoryOptions,
): DirectoryReading {
  switch (layout) {
    case "alembic":
      return readAlembic(directory, alembic);
    case "dbmate":
      return readDbmate(directory);
    case "diesel":
      return readDiesel(directory);
    case "flyway":
      return readFlyway(directory, placeholders);
    case "golang-migrate":
      return readGolangMigrate(directory);
    case "numbered":
      return readNumbered(directory);
  }
}

/**
 * The layout of a directory.
 *
 * @throws SternaError `MigrationLayoutUnknown`, `FileUnreadable`
 */
export function detectLayout(directory: string): MigrationLayout {
  if (alembicConfiguration(directory) !== undefined) return "alembic";
  const { files, directories } = namesIn(directory);
  const found = new Set<MigrationLayout>();
  if (directories.some((name) => isDiesel(join(directory, name)))) found.add("diesel");
  for (const name of files) {
    if (isFlyway(name)) found.add("flyway");
    else if (isGolangMigrate(name)) found.add("golang-migrate");
    else if (isNumbered(name)) found.add(isDbmateFile(join(directory, name)) ? "dbmate" : "numbered");
  }
  // A rollback file such as `001_users.down.sql` next to plain files also matches the form of golang-migrate.
  if (found.has("numbered") && found.has("golang-migrate") && !files.some((name) => /\.up\.sql$/i.test(name))) {
    found.delete("golang-migrate");
  }
  // Flyway searches subdirectories as well.
  if (found.size === 0 && directories.some((name) => namesIn(join(directory, name)).files.some(isFlyway)))
    return "flyway";
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only;
  const what =
    only === undefined ? "holds nothing that looks like SQL migrations" : `looks like ${[...found].join(" and ")}`;
  throw new SternaError(
    "MigrationLayoutUnknown",
    `${directory} ${what}; say what it is: layout: "${only ?? "numbered"}"`,
  );
}

function isDbmateFile(path: string): boolean {
  try {
    return isDbmateText(Script.fromFile(path));
  } catch {
    // The reader of the layout reports what is wrong with the file.
    return false;
  }
}
