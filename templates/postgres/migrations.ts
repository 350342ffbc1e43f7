import { Migration, Release, SecretReference, SqlStep, type SystemStack } from "sterna";

/** All releases of the system. releases.json pins each environment to one of them. */
export const RELEASES = [new Release("1.0.0"), new Release("1.1.0")];

/** The connection URL of the environment's database. Its value is in .sterna/<environment>.env. */
const database = SecretReference.environment("SHOP_DATABASE_URL");

/** Leads from 1.0.0 to 1.1.0. Its steps exist in environments that are pinned to 1.1.0 or newer. */
export function addCustomers(stack: SystemStack): Migration {
  return new Migration(stack, "customers", {
    from: "1.0.0",
    to: "1.1.0",
    acknowledge: { MigrationWithoutBackup: "it creates a table; there is no data to lose" },
    steps: (migration) => {
      new SqlStep(migration, "create-customers", {
        title: "Create the table customers",
        phase: "expand",
        database,
        up: "create table customers (id bigint generated always as identity primary key, email text not null unique)",
        down: "drop table customers",
        verify: [
          {
            query:
              "select count(*) from information_schema.columns where table_name = 'customers' and column_name in ('id', 'email')",
            expected: 2,
          },
        ],
      });
      new SqlStep(migration, "add-points", {
        title: "Add the column points",
        phase: "expand",
        database,
        up: "alter table customers add column points int not null default 0",
        down: "alter table customers drop column points",
        verify: [{ query: "select count(*) from customers where points is null", expected: 0 }],
      });
    },
  });
}

/** Adds the migrations of the system to the stack of an environment. */
export function addMigrations(stack: SystemStack): void {
  addCustomers(stack);
}
