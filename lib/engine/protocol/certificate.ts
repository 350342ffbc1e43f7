import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** A self-signed certificate and its key, both PEM, and the certificate's DER for the handshake line. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
  readonly der: Buffer;
}

/** One DER element: tag, length, content. */
function der(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const length =
    content.length < 0x80
      ? [content.length]
      : content.length < 0x100
        ? [0x81, content.length]
        : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const BOOLEAN = 0x01;

const oid = (hex: string): Buffer => der(OBJECT_IDENTIFIER, Buffer.from(hex, "hex"));
const COMMON_NAME = oid("550403");
const SUBJECT_ALTERNATIVE_NAME = oid("551d11");
const BASIC_CONSTRAINTS = oid("551d13");
const ECDSA_WITH_SHA256 = der(SEQUENCE, oid("2a8648ce3d040302"));

function utcTime(date: Date): Buffer {
  return der(UTC_TIME, Buffer.from(`${date.toISOString().replace(/[-:T]/g, "").slice(2, 14)}Z`));
}

/** PEM wraps base64 at 64 characters. A length divisible by 64 must not leave an empty line: OpenSSL refuses that. */
export function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

/**
 * Makes the certificate of one provider process: P-256, name `localhost`, as go-plugin's AutoMTLS expects it.
 *
 * Node can make keys but no certificates, and the known packages for it cost more start time than these few lines.
 */
export function createCertificate(now: Date = new Date()): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const serial = randomBytes(16);
  // A positive integer without leading zero bytes, as DER wants it.
  serial[0] = (serial[0]! & 0x7f) | 0x40;

  const name = der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, Buffer.from("localhost")))));
  const day = 24 * 60 * 60 * 1000;
  const validity = der(SEQUENCE, utcTime(new Date(now.getTime() - day)), utcTime(new Date(now.getTime() + 3650 * day)));
  const isTrue = der(BOOLEAN, Buffer.from([0xff]));
  const extensions = der(
    SEQUENCE,
    der(SEQUENCE, SUBJECT_ALTERNATIVE_NAME, der(OCTET_STRING, der(SEQUENCE, der(0x82, Buffer.from("localhost"))))),
    der(SEQUENCE, BASIC_CONSTRAINTS, isTrue, der(OCTET_STRING, der(SEQUENCE, isTrue))),
  );
  const version3 = der(0xa0, der(INTEGER, Buffer.from([2])));
  const toBeSigned = der(
    SEQUENCE,
    version3,
    der(INTEGER, serial),
    ECDSA_WITH_SHA256,
    name,
    validity,
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, extensions),
  );
  const signature = der(BIT_STRING, Buffer.from([0]), sign("sha256", toBeSigned, privateKey));
  const bytes = der(SEQUENCE, toBeSigned, ECDSA_WITH_SHA256, signature);
  return {
    certificate: pem("CERTIFICATE", bytes),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    der: bytes,
  };
}
