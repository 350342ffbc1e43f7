import { isIPv6 } from "node:net";

/** A host as it stands in a URL, where the colons of an address need brackets. */
export function hostInUrl(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}
