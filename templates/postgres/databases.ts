import { startDatabases, stopDatabases } from "sterna/testing";

// A PostgreSQL server on this machine with a database for each .sterna/<environment>.env, to try the project at once.
// Delete this file when the URLs there name other servers.
const variable = "SHOP_DATABASE_URL";

async function main(command: string | undefined): Promise<void> {
  if (command === "stop") {
    const stopped = await stopDatabases({ variable });
    console.log(stopped ? "PostgreSQL is stopped." : "PostgreSQL was not running.");
  } else {
    const { port, databases, directory } = await startDatabases({ variable });
    console.log(`PostgreSQL runs on port ${port} with the databases ${databases.join(", ")}, in ${directory}.`);
  }
}

main(process.argv[2]).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
