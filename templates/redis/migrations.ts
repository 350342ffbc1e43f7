import { CommandStep, Migration, Release, SecretReference, type SystemStack, variable } from "sterna";

/** All releases of the system. releases.json pins each environment to one of them. */
export const RELEASES = [new Release("1.0.0"), new Release("1.1.0")];

/** redis-cli reads the password from REDISCLI_AUTH, so it is in no list of processes. */
const environmentVariables = {
  REDIS_HOST: variable("REDIS_HOST"),
  REDIS_PORT: variable("REDIS_PORT"),
  REDISCLI_AUTH: SecretReference.environment("SHOP_REDIS_PASSWORD"),
};

/** -e ends with an error status after an error reply. */
const redis = 'redis-cli -e -h "$REDIS_HOST" -p "$REDIS_PORT"';

/** Leads from 1.0.0 to 1.1.0. Its steps exist in environments that are pinned to 1.1.0 or newer. */
export function addSettings(stack: SystemStack): Migration {
  return new Migration(stack, "settings", {
    from: "1.0.0",
    to: "1.1.0",
    acknowledge: { MigrationWithoutBackup: "it adds a field; nothing is changed or lost" },
    steps: (migration) => {
      new CommandStep(migration, "add-page-size", {
        title: "Add the setting page-size",
        phase: "expand",
        environmentVariables,
        up: `${redis} hset shop:settings page-size 50`,
        down: `${redis} hdel shop:settings page-size`,
        verify: [{ query: `${redis} hget shop:settings page-size`, expected: 50 }],
      });
    },
  });
}

/** Adds the migrations of the system to the stack of an environment. */
export function addMigrations(stack: SystemStack): void {
  addSettings(stack);
}
