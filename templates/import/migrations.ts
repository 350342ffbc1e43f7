import { Migration, Release, SecretReference, SqlMigrations, type SystemStack } from "sterna";

/** All releases of the system. releases.json pins each environment to one of them. */
export const RELEASES = [new Release("1.0.0"), new Release("1.1.0")];

/** The connection URL of the environment's database. Its value is in .sterna/<environment>.env. */
const database = SecretReference.environment("SHOP_DATABASE_URL");

/** Adds the migrations of the system to the stack of an environment. */
export function addMigrations(stack: SystemStack): void {
  new Migration(stack, "database", {
    from: "1.0.0",
    to: "1.1.0",
    acknowledge: { MigrationWithoutBackup: "write here how the database is backed up" },
    steps: (migration) => {
      // Each file becomes a step. Leave the files where they are, and do not edit one that was applied.
      SqlMigrations.fromDirectory(migration, "db/migrations", { database });
    },
  });
}
