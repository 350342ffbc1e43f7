import { describe, expect, test } from "@jest/globals";
import { CommandOutput } from "../../../lib/steps/command/guarded-command";

describe("the output of a command", () => {
  const listen = (): { output: CommandOutput; reported: string[] } => {
    const reported: string[] = [];
    return { output: new CommandOutput((line) => reported.push(line)), reported };
  };

  test("is told in whole lines of one stream, so that a secret in it can be found, whatever comes in between", () => {
    // GIVEN
    const { output, reported } = listen();

    // WHEN
    output.addOutput(Buffer.from("the secret is ope"));
    output.addError(Buffer.from("warning\n"));
    output.addOutput(Buffer.from("n sesame\n"));
    output.addError(Buffer.from("no line break"));
    output.finish();

    // THEN
    expect(reported).toEqual(["warning", "the secret is open sesame", "no line break"]);
    expect(output.tail).toBe("warning\nthe secret is open sesame\nno line break");
    expect(output.stdout).toBe("the secret is open sesame");
  });

  test("keeps characters together that arrive in pieces", () => {
    const { output, reported } = listen();
    for (const byte of Buffer.from("naïve 🐦\n")) output.addOutput(Buffer.from([byte]));
    output.finish();
    expect(reported).toEqual(["naïve 🐦"]);
  });

  test("is remembered by its last whole lines, up to 4096 characters", () => {
    const { output } = listen();
    for (let line = 0; line < 1000; line++) output.addError(Buffer.from(`line ${line}\n`));
    output.finish();
    expect(output.tail.length).toBeLessThanOrEqual(4096);
    expect(output.tail).toMatch(/^line 5\d\d\n[^]*\nline 999$/);
  });

  test("a last line that is longer is left out: its beginning may be a secret that nobody would know by its end", () => {
    const { output } = listen();
    output.addError(Buffer.from(`short\n${"x".repeat(5000)}`));
    output.finish();
    expect(output.tail).toBe("(one line of more than 4096 characters)");
  });
});
