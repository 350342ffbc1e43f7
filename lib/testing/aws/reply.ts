import type { OutgoingHttpHeaders } from "node:http";
import type { AwsRequest, Protocol } from "./request";

/** An answer to an AWS request. */
export interface Reply {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

/** An answer in XML. */
export function xml(document: string, status = 200, headers: OutgoingHttpHeaders = {}): Reply {
  return { status, headers: { "content-type": "application/xml", ...headers }, body: Buffer.from(document) };
}

/** An answer without a body. */
export function empty(status = 204): Reply {
  return { status, headers: {}, body: Buffer.alloc(0) };
}

/** An error as the SDKs expect it from a service of this protocol. */
export function failure(protocol: Protocol, status: number, code: string, message: string): Reply {
  switch (protocol) {
    case "rest-xml":
      return xml(
        `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${escape(code)}</Code><Message>${escape(message)}</Message></Error>`,
        status,
      );
    case "query":
      return xml(
        `<ErrorResponse><Error><Type>Sender</Type><Code>${escape(code)}</Code><Message>${escape(message)}</Message></Error></ErrorResponse>`,
        status,
      );
    case "json":
      return {
        status,
        headers: { "content-type": "application/x-amz-json-1.1", "x-amzn-errortype": code },
        body: Buffer.from(JSON.stringify({ __type: code, message })),
      };
  }
}

/** Refuses an operation. A 501 is not retried by the SDKs, whereas moto's own 500 is, for minutes. */
export function notImplemented(request: AwsRequest): Reply {
  const message = `the AWS stand-in has no ${request.service} ${request.op}`;
  process.stderr.write(`${message}\n`);
  return failure(request.protocol, 501, "NotImplemented", message);
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
