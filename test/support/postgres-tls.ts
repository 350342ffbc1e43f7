import { chownSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Certificate } from "../../lib/engine/protocol/certificate";
import type { PostgresServer } from "./postgres";

/** Turns TLS on at a running server. From then on only its superuser may come without, which the test itself does. */
export async function serveTls(postgres: PostgresServer, { certificate, key }: Certificate): Promise<void> {
  const data = join(postgres.directory, "data");
  const { uid, gid } = statSync(data);
  const write = (name: string, content: string) => {
    writeFileSync(join(data, name), content, { mode: 0o600 });
    chownSync(join(data, name), uid, gid);
  };
  write("server.crt", certificate);
  write("server.key", key);
  write("pg_hba.conf", "host all postgres all scram-sha-256\nhostssl all all all scram-sha-256\n");
  await postgres.query("ALTER SYSTEM SET ssl = on");
  await postgres.query("SELECT pg_reload_conf()");
}
