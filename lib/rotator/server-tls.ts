import type { ConnectionOptions } from "node:tls";
import { acknowledgement } from "../core/acknowledge";
import { SternaError } from "../core/errors";
import type { TlsSettings } from "./settings";

/** @see https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const CERTIFICATE_ERROR = /CERT|^CRL_|^UNABLE_TO_|^INVALID_(CA|PURPOSE)$|^PATH_LENGTH_EXCEEDED$|^HOSTNAME_MISMATCH$/;

/** Error of `pg` when the server refuses TLS. Redis instead waits for the end of what it reads as a command. */
const NO_TLS = /does not support SSL connections|before secure TLS connection was established|^Connection timeout$/;
const NO_TLS_CODES = ["ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_PACKET_LENGTH_TOO_LONG"];

/** Address of a server, and how a connection to it is secured. */
interface SecuredPlace {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsSettings;
}

/** TLS options of a connection. Undefined if TLS is waived. */
export function tlsOptions(tls: TlsSettings): Pick<ConnectionOptions, "ca" | "rejectUnauthorized"> | undefined {
  return "waived" in tls ? undefined : { ca: tls.certificateAuthority, rejectUnauthorized: true };
}

/**
 * Explains what to do if a connection failed because of TLS. Rethrows any other error.
 *
 * @throws SternaError `ServerCertificateRefused`, `ServerWithoutTls`
 */
export function throwTlsRefusal(error: unknown, { host, port, tls }: SecuredPlace): never {
  if ("waived" in tls) throw error;
  const { code = "", message } = error as Error & { code?: string };
  const server = `${host}:${port}`;
  if (NO_TLS.test(message) || NO_TLS_CODES.includes(code)) {
    throw new SternaError(
      "ServerWithoutTls",
      `${server} did not answer in TLS (${message}), so no password was sent, and nothing was changed. Turn TLS on there ` +
        "(PostgreSQL: ssl = on; Redis: tls-port), let the rotator through the firewall, or say why the connection " +
        `needs none: ${acknowledgement("PlaintextWithoutReason")}`,
    );
  }
  if (CERTIFICATE_ERROR.test(code)) {
    throw new SternaError(
      "ServerCertificateRefused",
      `the certificate of ${server} was refused (${code}: ${message}), so no password was sent, and nothing was changed. ` +
        "Give certificateAuthority the PEM certificate of the authority that signed it, and as host a name that it bears. " +
        "Outside of AWS Lambda, Amazon's authorities come with NODE_EXTRA_CA_CERTS=global-bundle.pem",
    );
  }
  throw error;
}
