/** Shorter values of a query are words: `page=2`, `sslmode=require`. */
const SHORTEST_IN_QUERY = 8;
/** A segment of a path that whoever knows it is let in by, as with a webhook; `health-check` is none. */
const TOKEN_IN_PATH = /^(?=.*\d).{16,}$/;

/**
 * What is secret in a URL, each as it stands there and decoded: the password, and what takes its place in an address
 * of HTTP.
 *
 * @returns nothing for what is no URL
 */
export function secretsInUrl(text: string): string[] {
  if (!URL.canParse(text)) return [];
  const { protocol, username, password, pathname, search } = new URL(text);
  const query = search
    .slice(1)
    .split("&")
    .map((pair) => pair.slice(pair.indexOf("=") + 1));
  const parts = [password, ...query.filter((value) => value.length >= SHORTEST_IN_QUERY)];
  if (/^https?:$/.test(protocol)) {
    // A name without a password is a token: https://TOKEN@host.
    if (password === "") parts.push(username);
    parts.push(...pathname.split("/").filter((segment) => TOKEN_IN_PATH.test(segment)));
  }
  return parts.filter((part) => part !== "").flatMap((part) => [part, decoded(part)]);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
