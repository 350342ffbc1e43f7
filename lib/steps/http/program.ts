import { z } from "zod";
import { checks } from "../../manifest/program";
import { text } from "../../manifest/text";

/** Requests a URL and compares the response. Changes nothing. */
export const httpProgram = z.strictObject({
  kind: z.literal("http"),
  url: text,
  status: z.number().int().min(100).max(599).default(200),
  /** JSON pointers into the response (RFC 6901). */
  verify: checks,
  attempts: z.number().int().min(1).max(1000).default(10),
  /** Seconds between two attempts. */
  interval: z.number().positive().default(3),
});
export type HttpProgram = z.infer<typeof httpProgram>;
