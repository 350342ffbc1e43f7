import { expect, it } from "@jest/globals";
import { scramVerifier } from "../../../lib/rotator/postgres/roles";

it("makes the verifier of RFC 7677's example", () => {
  // "pencil", with the salt and the server's signature key of https://www.rfc-editor.org/rfc/rfc7677#section-3
  const verifier = scramVerifier("pencil", Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64"));
  expect(verifier).toBe(
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
  );
});
