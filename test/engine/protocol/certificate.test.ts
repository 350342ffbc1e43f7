import { describe, expect, it } from "@jest/globals";
import { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import fc from "fast-check";
import { createCertificate, pem } from "../../../lib/engine/protocol/certificate";

describe("the certificate of a provider process", () => {
  it("is valid 5,000 times in a row: a flaw in one of 450 kept a provider from starting", () => {
    for (let count = 0; count < 5000; count++) {
      // WHEN
      const { certificate, key, der } = createCertificate();
      const parsed = new X509Certificate(certificate);

      // THEN OpenSSL reads it, it belongs to its key, and signs itself
      createSecureContext({ cert: certificate, key });
      expect(parsed.verify(parsed.publicKey)).toBe(true);
      expect(parsed.raw.equals(der)).toBe(true);
    }
  }, 180_000);

  it("names localhost, is valid from yesterday for ten years, and may sign", () => {
    // GIVEN
    const now = new Date("2026-03-01T12:00:00Z");

    // WHEN
    const parsed = new X509Certificate(createCertificate(now).certificate);

    // THEN
    expect(parsed.subjectAltName).toBe("DNS:localhost");
    expect(parsed.ca).toBe(true);
    expect(new Date(parsed.validFrom).toISOString()).toBe("2026-02-28T12:00:00.000Z");
    expect(new Date(parsed.validTo).toISOString()).toBe("2036-02-27T12:00:00.000Z");
  });

  it("is wrapped without an empty line, whatever its length", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), (bytes) => {
        const lines = pem("X", Buffer.from(bytes)).split("\n");
        expect(lines.slice(1, -2).every((line) => line.length >= 1 && line.length <= 64)).toBe(true);
        expect(Buffer.from(lines.slice(1, -2).join(""), "base64").equals(Buffer.from(bytes))).toBe(true);
      }),
    );
  });
});
