import { main } from "../lib/cli/main";

// A reader such as `head` that ends early is no error.
process.stdout.on("error", () => undefined);

void main(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
});
