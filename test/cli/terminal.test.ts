import { describe, expect, it } from "@jest/globals";
import { PassThrough } from "node:stream";
import { Terminal, type CommonOptions } from "../../lib/cli/terminal";

function terminal(options: CommonOptions = {}, environment: NodeJS.ProcessEnv = {}) {
  const stream = () => Object.assign(new PassThrough(), { isTTY: true, columns: 40 });
  const [stdin, stdout, stderr] = [stream(), stream(), stream()];
  const made = new Terminal({ directory: "/", environment, stdin, stdout, stderr }, options);
  return { made, stdin, stdout: () => String(stdout.read() ?? ""), stderr: () => String(stderr.read() ?? "") };
}

describe("a terminal", () => {
  it.each([
    ["y\n", true],
    ["YES\n", true],
    ["n\n", false],
    ["\n", false],
    ["yesterday\n", false],
  ])("takes %j for %s", async (answer, expected) => {
    const { made, stdin } = terminal();
    const confirmed = made.confirm("Apply?");
    stdin.write(answer);

    expect(await confirmed).toBe(expected);
  });

  it("takes the end of the input for a no", async () => {
    const { made, stdin } = terminal();
    const confirmed = made.confirm("Apply?");
    stdin.end();

    expect(await confirmed).toBe(false);
  });

  it("shows a moving line that never wraps, and takes it away before the next lines", () => {
    const { made, stderr } = terminal();

    made.showLive("x".repeat(100));
    const shown = stderr();
    made.report("done");

    expect(shown.replace("\r\u001b[K", "")).toHaveLength(39);
    expect(stderr()).toBe("\r\u001b[Kdone\n");
  });

  it("shows plain lines in a pipeline", () => {
    const { made, stderr } = terminal({}, { CI: "true" });

    made.showLive("moving");
    made.announce("planning…");

    expect(stderr()).toBe("planning…\n");
  });

  it("says results as text or as JSON, never both", () => {
    const text = terminal();
    text.made.print("hello");
    text.made.printJson({ a: 1 });
    const json = terminal({ json: true });
    json.made.print("hello");
    json.made.printJson({ a: 1 });

    expect(text.stdout()).toBe("hello\n");
    expect(JSON.parse(json.stdout())).toEqual({ a: 1 });
    expect(json.made.interactive).toBe(false);
  });

  it.each([
    [{ color: false }, {}, false],
    [{}, { NO_COLOR: "1" }, false],
    [{}, {}, true],
  ])("%j %j has colours: %s", (options, environment, colours) => {
    expect(terminal(options, environment).made.colors.red("x") !== "x").toBe(colours);
  });
});
