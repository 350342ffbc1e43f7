import { SternaError } from "./errors";

/** How a `Size` is converted. */
export interface SizeConversionOptions {
  /**
   * Whether a remainder is refused: 1500 bytes are not a whole number of KiB.
   * @default true
   */
  readonly integral?: boolean;
}

const BYTES = { GiB: 1024 ** 3, MiB: 1024 ** 2, KiB: 1024, byte: 1 } as const;
type Unit = keyof typeof BYTES;

/** An amount of data with its unit: `Size.mebibytes(128)`. Units are powers of 1024 (IEC 80000-13). */
export class Size {
  /** @throws SternaError `InvalidSize` when the amount is negative or not a whole number of bytes */
  static bytes(amount: number): Size {
    return new Size(amount, "byte");
  }

  /** @throws SternaError `InvalidSize` when the amount is negative or not a whole number of bytes */
  static kibibytes(amount: number): Size {
    return new Size(amount, "KiB");
  }

  /** @throws SternaError `InvalidSize` when the amount is negative or not a whole number of bytes */
  static mebibytes(amount: number): Size {
    return new Size(amount, "MiB");
  }

  /** @throws SternaError `InvalidSize` when the amount is negative or not a whole number of bytes */
  static gibibytes(amount: number): Size {
    return new Size(amount, "GiB");
  }

  private readonly totalBytes: number;

  private constructor(amount: number, unit: Unit) {
    this.totalBytes = amount * BYTES[unit];
    if (!Number.isSafeInteger(this.totalBytes) || this.totalBytes < 0) {
      throw new SternaError(
        "InvalidSize",
        `a size must be a whole number of bytes, 0 or more, got ${amount} ${unit}; a value that only Terraform knows cannot be a size`,
      );
    }
  }

  /** The size in bytes. */
  toBytes(): number {
    return this.totalBytes;
  }

  /** @throws SternaError `InvalidSize` when there is a remainder and `integral` is not `false` */
  toKibibytes(options: SizeConversionOptions = {}): number {
    return this.to("KiB", options);
  }

  /** @throws SternaError `InvalidSize` when there is a remainder and `integral` is not `false` */
  toMebibytes(options: SizeConversionOptions = {}): number {
    return this.to("MiB", options);
  }

  /** @throws SternaError `InvalidSize` when there is a remainder and `integral` is not `false` */
  toGibibytes(options: SizeConversionOptions = {}): number {
    return this.to("GiB", options);
  }

  /** The size in the largest unit that divides it: `128 MiB`, `1500 bytes`. */
  toHumanString(): string {
    for (const unit of ["GiB", "MiB", "KiB"] as const) {
      if (this.totalBytes > 0 && this.totalBytes % BYTES[unit] === 0) return `${this.totalBytes / BYTES[unit]} ${unit}`;
    }
    return `${this.totalBytes} byte${this.totalBytes === 1 ? "" : "s"}`;
  }

  /** The same as `toHumanString()`. */
  toString(): string {
    return this.toHumanString();
  }

  private to(unit: Unit, { integral = true }: SizeConversionOptions): number {
    const amount = this.totalBytes / BYTES[unit];
    if (integral && !Number.isInteger(amount)) {
      throw new SternaError(
        "InvalidSize",
        `${this.toHumanString()} must be a whole number of ${unit} here, got ${amount} ${unit}`,
      );
    }
    return amount;
  }
}
