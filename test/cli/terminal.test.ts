import { describe, expect, it } from "@jest/globals";
import { PassThrough } from "node:stream";
import { Terminal, type CommonOptions } from "../../lib/cli/terminal/terminal";

function terminal(options: CommonOptions = {}, environment: NodeJS.ProcessEnv = {}, { stderrIsTTY = true } = {}) {
  const open = (isTTY = true) => Object.assign(new PassThrough(), { isTTY, columns: 40 });
  const [stdin, stdout, stderr] = [open(), open(), open(stderrIsTTY)];
  const made = new Terminal({ directory: "/", environment, stdin, stdout, stderr }, options);
  const text = (stream: PassThrough) => () => String(stream.read() ?? "");
  return { made, stdin, stream: stdout, stdout: text(stdout), stderr: text(stderr) };
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

  it.each([
    ["with colors", {}],
    ["without colors", { color: false }],
  ])("writes its own escape sequences and nobody else's, %s", async (_title, options: CommonOptions) => {
    // GIVEN a title as a ledger may hold it, with colors, a title of the window and a cleared screen
    const foreign = "T\u001b]0;pwn\u0007\u001b[2J\u001b[31m\u009b2Jx\ry";
    const { made, stdout, stderr } = terminal(options);

    // WHEN
    made.print(`${made.colors.bold(`title: ${made.colors.red(foreign)}`)} ${foreign}`);
    made.report(made.colors.green(foreign));
    made.announce(foreign);
    made.showLive(undefined);
    await made.write([made.colors.dim(foreign)]);
    const [out, err] = [stdout(), stderr()];

    // THEN
    const written = "T\\u001b]0;pwn\\u0007\\u001b[2J\\u001b[31m\\u009b2Jx\\ry";
    const own = /\u001b\[(?:1|2|22|31|32|39|K)m?/g;

    expect(out.replace(own, "").replaceAll("\n", "")).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);

    expect(err.replace(own, "").replace(/[\n\r]/g, "")).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    expect(out.split(written)).toHaveLength(4);
    expect(out.includes("\u001b[1m")).toBe(options.color !== false);
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

  it("writes a large result at the pace of its reader, and all of it", async () => {
    // GIVEN a reader that takes 64 KB a time
    const { made, stream } = terminal();
    const pieces = Array.from({ length: 300 }, (_, index) => `${index}:${"x".repeat(10_000)}\n`);
    let count = 0;
    const lazily = function* () {
      for (const piece of pieces) {
        count++;
        yield piece;
      }
    };

    // WHEN nobody reads
    const written = made.write(lazily());
    await new Promise(setImmediate);

    // THEN little was made
    expect(count).toBeLessThan(100);

    // WHEN it is read
    let read = "";
    stream.on("data", (chunk: Buffer) => (read += chunk.toString()));
    await written;
    await new Promise(setImmediate);

    // THEN
    expect(read).toBe(pieces.join(""));
  });

  it("stops writing when the reader goes away", async () => {
    const { made, stream } = terminal();
    let count = 0;
    const endless = function* () {
      for (;;) yield `${"x".repeat(300_000)}${count++}`;
    };
    stream.on("error", () => undefined);

    const written = made.write(endless());
    await new Promise(setImmediate);
    stream.destroy(new Error("EPIPE"));

    await written;
    expect(count).toBeGreaterThan(0);
  });

  it("leaves the colors out of what goes into a file, on either output", () => {
    const { made, stderr } = terminal({}, {}, { stderrIsTTY: false });

    made.report(made.colors.red("broken"));

    expect(made.colors.red("x")).not.toBe("x");
    expect(stderr()).toBe("broken\n");
  });

  it.each([
    [{ color: false }, {}, false],
    [{}, { NO_COLOR: "1" }, false],
    [{}, {}, true],
  ])("%j %j has colors: %s", (options, environment, colors) => {
    expect(terminal(options, environment).made.colors.red("x") !== "x").toBe(colors);
  });
});
