import type { ClientBase, DatabaseError } from "pg";

/** The key of a document, or what is wrong with the document. */
export type KeyOrProblem = { readonly key: string } | { readonly problem: string };

/**
 * Reads one top-level field of each document. PostgreSQL does it, as it will when the documents are rows: JavaScript
 * would round large integers and accept other documents.
 */
export async function readKeys(
  client: ClientBase,
  documents: readonly string[],
  field: string,
): Promise<KeyOrProblem[]> {
  const all = await attempt(client, () => queryKeys(client, documents, field));
  if ("result" in all) return all.result;
  if (documents.length === 1) return [{ problem: describeError(all.error) }];
  const half = Math.ceil(documents.length / 2);
  return [
    ...(await readKeys(client, documents.slice(0, half), field)),
    ...(await readKeys(client, documents.slice(half), field)),
  ];
}

async function queryKeys(client: ClientBase, documents: readonly string[], field: string): Promise<KeyOrProblem[]> {
  const { rows } = await client.query<{ key: string | null; type: string | null }>(
    `select d::json ->> $2 as key, json_typeof(d::json -> $2) as type
     from unnest($1::text[]) with ordinality as t (d, n) order by n`,
    [documents, field],
  );
  return rows.map(({ key, type }) => {
    if (key === null || key === "") return { problem: `has no field "${field}"` };
    if (type !== "string" && type !== "number") return { problem: `its field "${field}" is of type ${type}, no text` };
    return { key };
  });
}

/** Errors of PostgreSQL about the value itself: class 22, "Data Exception", and nesting that is too deep. */
const ABOUT_THE_VALUE = /^(22|54001)/;

async function attempt<T>(
  client: ClientBase,
  work: () => Promise<T>,
): Promise<{ result: T } | { error: DatabaseError }> {
  const inTransaction = await savepoint(client);
  try {
    const result = await work();
    if (inTransaction) await client.query("release savepoint sterna_document_keys");
    return { result };
  } catch (error) {
    if (!ABOUT_THE_VALUE.test((error as DatabaseError).code ?? "")) throw error;
    if (inTransaction) await client.query("rollback to savepoint sterna_document_keys");
    return { error: error as DatabaseError };
  }
}

/** Whether there is a transaction that an error would abort, and that now has a savepoint. */
async function savepoint(client: ClientBase): Promise<boolean> {
  try {
    await client.query("savepoint sterna_document_keys");
    return true;
  } catch (error) {
    if ((error as DatabaseError).code === "25P01") return false; // no_active_sql_transaction
    throw error;
  }
}

/** PostgreSQL's message and the line, without the data that it quotes. */
function describeError(error: DatabaseError): string {
  const line = /^JSON data, line (\d+)/.exec(error.where ?? "")?.[1];
  return line === undefined ? error.message : `${error.message}, line ${line}`;
}
