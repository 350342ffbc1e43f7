import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { resolverOf, type Resolve } from "../../../lib/backups/plan/backup-context";
import { backupPlan, type PartOf } from "../../../lib/backups/plan/backup-plan";
import { connectionOf } from "../../../lib/backups/parts/postgres-connection";
import { redisServerOf } from "../../../lib/backups/parts/redis-connection";
import { startSecretStore, type AwsSecretStore } from "../../rotator/aws/secret-store";

const login = { host: "db.example.org", port: 5433, username: "shop", password: "canary" };
const stored = (id: string, key?: string) => ({ secret: { store: "aws" as const, id, ...(key && { key }) } });

describe("a setting of a backup plan that stands in a secret store", () => {
  let store: AwsSecretStore;
  let resolve: Resolve;

  beforeAll(async () => {
    store = await startSecretStore();
    await store.create("database", JSON.stringify({ ...login, engine: "postgres", dbname: "shop" }));
    await store.create("cache", JSON.stringify({ ...login, engine: "redis" }));
    const variables = { URL: "{{resolve:secretsmanager:database:SecretString:password}}" };
    resolve = resolverOf("/plan.json", { ...store.environment, ...variables });
  }, 30_000);
  afterAll(() => store.stop());

  it("is fetched, also where a variable refers to it", async () => {
    await expect(resolve(stored("database", "password"))).resolves.toBe("canary");
    await expect(resolve({ env: "URL" })).resolves.toBe("canary");
    await expect(resolve(stored("none"))).rejects.toMatchObject({ code: "SecretMissing" });
  });

  it("makes a connection when it is the whole login of a user", async () => {
    // WHEN
    const postgres = { kind: "postgres", id: "database", url: stored("database") } as PartOf<"postgres">;
    const redis = { kind: "redis", id: "cache", url: stored("cache") } as PartOf<"redis">;
    const connection = await connectionOf(postgres, resolve);
    const server = await redisServerOf(redis, resolve);

    // THEN the password goes into the environment of programs, never among their arguments
    expect(connection.argument).toBe("postgresql://shop@db.example.org:5433/shop?sslmode=verify-full");
    expect(connection.variables({})).toEqual({ PGPASSWORD: "canary" });
    expect([server.args, server.variables]).toEqual([
      ["-h", "db.example.org", "-p", "5433", "--user", "shop", "--tls"],
      { REDISCLI_AUTH: "canary" },
    ]);
  });

  it("is named in the plan, not by a variable of an environment", () => {
    const parse = (secret: object) => backupPlan.shape.release.safeParse(secret).success;
    expect(parse(stored("database"))).toBe(true);
    expect(parse({ secret: { store: "aws", id: { variable: "SECRET" } } })).toBe(false);
  });
});
