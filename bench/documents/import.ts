// Imports the documents of a directory as a step does: look, change, verify. Arguments: directory, database URL.
import { Client } from "pg";
import { documentsKind } from "../../lib/steps/documents/kind";
import { documentsProgram } from "../../lib/steps/documents/program";
import { stepContext } from "../../test/support/step-context";

async function main([directory, url]: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url! });
  await client.connect();
  const program = documentsProgram.parse({
    kind: "documents",
    directory,
    database: { env: "UNUSED" },
    table: "documents",
    key: "id",
  });
  const context = { ...stepContext("import"), client };
  await documentsKind.probe!(program, context);
  await client.query("begin");
  const artifact = await documentsKind.up(program, context);
  const results = await documentsKind.verify(program, context, artifact);
  await client.query("commit");
  await client.end();
  const wrong = results.find(({ expected, actual }) => expected !== actual);
  if (wrong !== undefined) throw new Error(JSON.stringify(wrong));
}

void main(process.argv.slice(2));
