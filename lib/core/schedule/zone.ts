import { SternaError } from "../sterna-error";

/** The zone of a schedule that names none. */
export const UTC = "UTC";

/** To ask Intl for a zone takes longer than all else about a schedule. */
const KNOWN = new Set([UTC]);

/**
 * The zone's name, as it is written everywhere.
 *
 * @throws SternaError `ScheduleZoneUnknown`
 */
export function checkZone(zone: string): string {
  if (KNOWN.has(zone)) return zone;
  if (/^(Etc\/)?(UTC|UCT|Universal|Zulu|GMT)$/i.test(zone)) return UTC;
  try {
    // Offsets such as "+02:00" are zones for Intl, and for no scheduler.
    if (/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(zone)) {
      new Intl.DateTimeFormat("en", { timeZone: zone });
      KNOWN.add(zone);
      return zone;
    }
  } catch {
    // Refused below.
  }
  throw new SternaError(
    "ScheduleZoneUnknown",
    `"${zone}" is not a time zone; write a name of the IANA database, such as "Europe/Berlin", or "UTC"`,
  );
}
