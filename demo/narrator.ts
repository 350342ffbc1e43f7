import pc from "picocolors";

/** Says what the demo does, so that a reader can tell the demo's words from the output of the commands. */
export class Narrator {
  private chapter = 0;
  private readonly start = Date.now();

  heading(text: string): void {
    this.chapter++;
    console.log(`\n${pc.bold(pc.cyan(`${this.chapter}. ${text}`))}${pc.dim(`  (${this.seconds()} s)`)}`);
  }

  say(text: string): void {
    console.log(pc.dim(`   ${text}`));
  }

  good(text: string): void {
    console.log(`   ${pc.green("✓")} ${text}`);
  }

  bad(text: string): void {
    console.log(`   ${pc.yellow("!")} ${text}`);
  }

  command(line: string): void {
    console.log(`\n${pc.bold(`$ ${line}`)}`);
  }

  seconds(): number {
    return Math.round((Date.now() - this.start) / 1000);
  }
}
