import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Makes the clock of programs jump, through Debian's package `faketime`. */
export class FalseClock {
  private constructor(
    private readonly library: string,
    private readonly file: string,
  ) {}

  /** @param file where the shift is written @returns nothing where libfaketime is not installed */
  static find(file: string): FalseClock | undefined {
    const library = readdirSync("/usr/lib")
      .map((name) => join("/usr/lib", name, "faketime/libfaketimeMT.so.1"))
      .find((path) => existsSync(path));
    if (library === undefined) return undefined;
    const clock = new FalseClock(library, file);
    clock.shift("+0");
    return clock;
  }

  /** Variables for the program whose clock shall jump. Timers do not: a jump of the time of day leaves them alone. */
  environment(): Record<string, string> {
    return {
      LD_PRELOAD: this.library,
      FAKETIME_TIMESTAMP_FILE: this.file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    };
  }

  /** @param by as libfaketime reads it: `+30d`, `-2h` */
  shift(by: string): void {
    writeFileSync(this.file, `${by}\n`);
  }
}
