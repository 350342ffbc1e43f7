import fc from "fast-check";

type Text = fc.Arbitrary<string>;

const number = (min: number, max: number) => fc.integer({ min, max });

/** `a-b`, with or without a step, or a list; a dialect writes its ranges and repetitions in its own way. */
function field(
  [min, max]: readonly [number, number],
  range: (first: number, last: number) => string,
  repeated: (first: number, last: number, step: number) => string,
): Text {
  const one = number(min, max).map(String);
  const span = fc
    .tuple(number(min, max), number(min, max))
    .filter(([first, last]) => first < last)
    .map(([first, last]) => range(first, last));
  const repetition = fc
    .tuple(number(min, max - 1), number(1, Math.ceil((max - min) / 2)))
    .filter(([first, step]) => first + step <= max)
    .map(([first, step]) => repeated(first, max, step));
  const item = fc.oneof({ weight: 4, arbitrary: one }, span, repetition);
  return fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => items.join(","));
}

const some = (text: Text, otherwise: string, weight = 1): Text =>
  fc.oneof({ weight, arbitrary: text }, { weight: 2, arbitrary: fc.constant(otherwise) });

/** Any case, as in MON, Mon, mon. */
const anyCase = (texts: readonly string[]): Text =>
  fc.oneof(...texts.flatMap((text) => [text, text.toUpperCase(), text.toLowerCase()].map((each) => fc.constant(each))));

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** Five fields of a crontab that mean the same to every cron. */
export const unixCron: Text = (() => {
  const unix = (range: readonly [number, number]) =>
    field(
      range,
      (first, last) => `${first}-${last}`,
      (first, last, step) => `${first}-${last}/${step}`,
    );
  const starred = fc.constantFrom("*/2", "*/5", "*/7");
  const days = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(some(unix([1, 31]), "*"), fc.constant("*")) },
    { weight: 3, arbitrary: fc.tuple(fc.constant("*"), fc.oneof(unix([0, 7]), anyCase(DAYS), fc.constant("mon-fri"))) },
    { weight: 2, arbitrary: fc.tuple(unix([1, 31]), unix([0, 7])) },
    { weight: 1, arbitrary: fc.tuple(starred, fc.constant("*")) },
  );
  const fields = fc
    .tuple(
      fc.oneof(unix([0, 59]), starred),
      fc.oneof(some(unix([0, 23]), "*"), starred),
      some(unix([1, 12]), "*"),
      days,
    )
    .map(([minute, hour, month, [day, weekday]]) => `${minute} ${hour} ${day} ${month} ${weekday}`);
  const macro = fc.constantFrom("@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually");
  return fc.oneof({ weight: 30, arbitrary: fields }, { weight: 1, arbitrary: macro });
})();

/** A line of systemd's calendar events, without a zone. */
export const onCalendar: Text = (() => {
  const systemd = (range: readonly [number, number]) =>
    field(
      range,
      (first, last) => `${first}..${last}`,
      // Where a step does not divide the hour, systemd needs the end: see the test with systemd itself.
      (first, last, step) => `${first}..${last}/${step}`,
    );
  const open = (unit: number, steps: readonly number[]) =>
    fc
      .constantFrom(...steps)
      .chain((step) => number(0, Math.min(step, unit - step) - 1).map((first) => `${first}/${step}`));
  const weekdayRange = fc
    .tuple(number(0, 6), number(0, 6), fc.constantFrom("..", "-"))
    .filter(([first, last]) => first < last)
    .map(([first, last, dots]) => `${DAYS[first]}${dots}${DAYS[last]}`);
  const weekdays = fc
    .array(fc.oneof(anyCase(DAYS), weekdayRange), { minLength: 1, maxLength: 3 })
    .map((items) => `${items.join(",")} `);
  const fromEnd = fc.oneof(
    number(1, 28).map((day) => `~${day}`),
    number(2, 28).map((day) => `~${day}/1`),
    fc.constantFrom("~1,2", "~3..5", "~02..10/3", "~9/4"),
  );
  const day = fc.oneof(
    { weight: 3, arbitrary: some(systemd([1, 31]), "*").map((text) => `-${text}`) },
    { weight: 1, arbitrary: fromEnd },
  );
  const date = fc
    .tuple(fc.constantFrom("", "*-", "*-", "*-", "2027..2031-", "2028/4-", "27,29-"), some(systemd([1, 12]), "*"), day)
    .map(([year, month, ofMonth]) => `${year}${month}${ofMonth}`);
  const time = fc
    .tuple(
      fc.oneof(some(systemd([0, 23]), "*", 4), open(24, [2, 3, 4, 6, 8, 12])),
      fc.oneof(some(systemd([0, 59]), "0", 1), open(60, [5, 10, 15, 20, 30])),
      fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom("", ":0", ":00") },
        { weight: 1, arbitrary: systemd([0, 59]).map((t) => `:${t}`) },
      ),
    )
    .map((parts) => `${parts[0]}:${parts[1]}${parts[2]}`);
  const shorthand = anyCase([
    "minutely",
    "hourly",
    "daily",
    "weekly",
    "monthly",
    "quarterly",
    "semiannually",
    "bi-annually",
    "yearly",
    "annually",
  ]);
  return fc.oneof(
    { weight: 12, arbitrary: fc.tuple(some(weekdays, ""), date, time).map(([w, d, t]) => `${w}${d} ${t}`) },
    { weight: 2, arbitrary: fc.tuple(some(weekdays, ""), time).map(([w, t]) => `${w}${t}`) },
    { weight: 1, arbitrary: fc.tuple(some(weekdays, ""), date).map(([w, d]) => `${w}${d}`) },
    { weight: 1, arbitrary: shorthand },
  );
})();

/** `cron(…)` of AWS. */
export const awsCron: Text = (() => {
  const aws = (range: readonly [number, number]) =>
    field(
      range,
      (first, last) => `${first}-${last}`,
      (first, _last, step) => `${first}/${step}`,
    );
  const nth = fc
    .tuple(fc.oneof(number(1, 7).map(String), anyCase(DAYS)), number(1, 5))
    .map(([day, week]) => `${day}#${week}`);
  const days = fc.oneof(
    { weight: 4, arbitrary: some(aws([1, 31]), "*").map((day) => [day, "?"]) },
    { weight: 3, arbitrary: fc.oneof(aws([1, 7]), anyCase(DAYS), fc.constant("MON-FRI")).map((day) => ["?", day]) },
    {
      weight: 1,
      arbitrary: fc
        .oneof(
          number(1, 27).map((day) => `${day}W`),
          fc.constantFrom("L", "LW"),
        )
        .map((day) => [day, "?"]),
    },
    {
      weight: 1,
      arbitrary: fc
        .oneof(
          nth,
          number(1, 7).map((day) => `${day}L`),
        )
        .map((day) => ["?", day]),
    },
  );
  const year = fc.constantFrom("*", "*", "*", "2027-2030", "2028/4");
  return fc
    .tuple(some(aws([0, 59]), "0"), some(aws([0, 23]), "*"), days, some(aws([1, 12]), "*"), year)
    .map(
      ([minute, hour, [day, weekday], month, ofYear]) => `cron(${minute} ${hour} ${day} ${month} ${weekday} ${ofYear})`,
    );
})();
