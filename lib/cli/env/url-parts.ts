/** Parts of a URL that variables of their own can hold. */
export const URL_PARTS = ["username", "password", "hostname", "port", "database"] as const;
export type UrlPart = (typeof URL_PARTS)[number];

/** Values by part, decoded and not empty. Only `hostname` is always there. */
export type UrlParts = Readonly<Partial<Record<UrlPart, string>>> & { readonly hostname: string };

/**
 * RFC 3986, with a path of one segment and nothing behind it. Not `URL`: that drops ports which are the default of their
 * scheme, so that a part would get lost.
 */
const URL_WITH_PARTS =
  /^(?<protocol>[a-z][a-z0-9+.-]*):\/\/(?:(?<username>[^:@/?#]*)(?::(?<password>[^@/?#]*))?@)?(?<hostname>\[[0-9a-f:.]+\]|[^:/?#@[\]\s]+)(?::(?<port>\d+))?(?:\/(?<database>[^/?#]*))?$/i;

const HOST_NAME = /^[^:/?#@[\]\s%]+$/;
const IPV6_ADDRESS = /^[0-9a-f.]*:[0-9a-f:.]*$/i;

/** A URL of its parts, or nothing when a part cannot stand in one: a port that is no number, a host name with a slash. */
export function joinUrl(
  protocol: string,
  { username, password, hostname, port, database }: UrlParts,
): string | undefined {
  const host = IPV6_ADDRESS.test(hostname) ? `[${hostname}]` : hostname;
  if (!IPV6_ADDRESS.test(hostname) && !HOST_NAME.test(hostname)) return undefined;
  if (port !== undefined && !isPort(port)) return undefined;
  // Redis knows passwords without a user.
  const secret = password === undefined ? "" : `:${encodeURIComponent(password)}`;
  const login = `${encodeURIComponent(username ?? "")}${secret}`;
  const path = database === undefined ? "" : `/${encodeURIComponent(database)}`;
  return `${protocol}://${login === "" ? "" : `${login}@`}${host}${port === undefined ? "" : `:${port}`}${path}`;
}

/** The parts of a URL, or nothing when it has another protocol, or more than these parts: a query, for one. */
export function splitUrl(protocol: string, url: string): UrlParts | undefined {
  const groups = URL_WITH_PARTS.exec(url)?.groups;
  if (groups === undefined || groups.protocol?.toLowerCase() !== protocol.toLowerCase()) return undefined;
  if (groups.port !== undefined && !isPort(groups.port)) return undefined;
  try {
    const parts = URL_PARTS.flatMap((part) => {
      const text = groups[part];
      return text === undefined || text === "" ? [] : [[part, decode(part, text)]];
    });
    return Object.fromEntries(parts) as UrlParts;
  } catch {
    // A stray per cent sign.
    return undefined;
  }
}

function decode(part: UrlPart, text: string): string {
  if (part === "hostname") return text.replace(/^\[(.*)\]$/, "$1");
  return part === "port" ? text : decodeURIComponent(text);
}

function isPort(text: string): boolean {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535;
}
