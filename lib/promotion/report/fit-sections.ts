/** An entry in two lengths. */
export interface WrittenEntry {
  /** Not read unless there may be room for it. */
  readonly long: string;
  /** Never longer than `long`, and not read unless there may be room for it. */
  readonly short: string;
}

/** A section whose entries are written. */
export interface WrittenSection {
  readonly name: string;
  readonly begin: string;
  readonly end: string;
  readonly entries: readonly WrittenEntry[];
}

/** What there is room for. */
export interface FittedSection extends Pick<WrittenSection, "name" | "begin" | "end"> {
  readonly lines: readonly string[];
  readonly total: number;
  /** Entries that stand there in short. Those that were not looked at any more count too. */
  readonly shortened: number;
  /** Entries that do not stand there at all. */
  readonly leftOut: number;
}

/** The line break after an entry, and those between sections. */
const BREAK = 1;
const SECTION_BREAKS = 4;

/** So many entries one after the other for which there is no room in full, and no further one is looked at. */
const MISSES = 20;

/**
 * Fits sections into a number of characters: first every entry in short, in order, as many as there is room for; then
 * the entries that are there in full, in order, as many as there is room for. Sections always keep their title.
 */
export function fitSections(sections: readonly WrittenSection[], room: number): FittedSection[] {
  let left = sections.reduce((rest, { begin, end }) => rest - begin.length - end.length - SECTION_BREAKS, room);
  const kept = sections.map(({ entries }) => {
    const fits = entries.findIndex(({ short }) => {
      const needed = short.length + BREAK;
      if (needed > left) return true;
      left -= needed;
      return false;
    });
    return fits === -1 ? entries : entries.slice(0, fits);
  });
  return sections.map(({ name, begin, end, entries }, index) => {
    let shortened = 0;
    let misses = 0;
    const lines = kept[index]!.map((entry) => {
      const { short } = entry;
      const long = misses < MISSES ? entry.long : undefined;
      if (long !== undefined && long.length - short.length <= left) {
        left -= long.length - short.length;
        misses = 0;
        return long;
      }
      misses++;
      shortened++;
      return short;
    });
    return { name, begin, end, lines, total: entries.length, shortened, leftOut: entries.length - lines.length };
  });
}
