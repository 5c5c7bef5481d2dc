import { timeZone } from './time-zone';

const MINUTE = 60_000;
const DAY = 86_400_000;

/** The page is in English: dates use the reader's variant of English, if they have one. */
const english = navigator.languages.find((language) => /^en\b/iu.test(language)) ?? 'en';
/** 12 or 24 hours, as in the reader's locale. */
const { hourCycle } = new Intl.DateTimeFormat(undefined, { hour: 'numeric' }).resolvedOptions();
const hours = hourCycle === undefined ? {} : { hourCycle };

/** Returns the formats for one time zone: a formatter keeps the zone in which it was created. */
function formatsOf(zone: string) {
  const made = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat(english, { timeZone: zone, ...options });
  return {
    zone,
    clock: made({ hour: '2-digit', minute: '2-digit', ...hours }),
    exact: made({ dateStyle: 'full', timeStyle: 'medium', ...hours }),
    short: made({ dateStyle: 'medium', timeStyle: 'short', ...hours }),
    weekday: made({ weekday: 'long' }),
    dayOfYear: made({ weekday: 'long', day: 'numeric', month: 'long' }),
    dayOfAnyYear: made({ day: 'numeric', month: 'long', year: 'numeric' }),
    listDay: made({ day: 'numeric', month: 'short' }),
    listDayOfAnyYear: made({ day: 'numeric', month: 'short', year: 'numeric' }),
  };
}

let made = formatsOf(timeZone());

/** Returns the formats of the reader's time zone. Computed signals that call this update when the zone changes. */
function formats(): ReturnType<typeof formatsOf> {
  const zone = timeZone();
  if (made.zone !== zone) made = formatsOf(zone);
  return made;
}

/** Returns hours and minutes in local time. */
export function clockTime(iso: string): string {
  return formats().clock.format(new Date(iso));
}

/** Returns date and time with seconds, in local time. */
export function exactTime(iso: string): string {
  return formats().exact.format(new Date(iso));
}

/** Returns date and time, in local time. */
export function dayAndTime(iso: string): string {
  return formats().short.format(new Date(iso));
}

/** The date of a day, with its year. */
export function dateWords(iso: string): string {
  return formats().dayOfAnyYear.format(new Date(iso));
}

/**
 * Returns the local day of a time, as a number that grows by one each day.
 * @param time ISO 8601 or milliseconds since 1970
 */
export function dayNumber(time: string | number): number {
  timeZone(); // computed days update when the time zone changes
  const date = new Date(time);
  return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY);
}

/** Returns the name of a day: Today, Yesterday, a weekday or its date. */
export function dayWords(iso: string, now: number = Date.now()): string {
  const ago = dayNumber(now) - dayNumber(iso);
  const date = new Date(iso);
  if (ago === 0) return 'Today';
  if (ago === 1) return 'Yesterday';
  if (ago > 1 && ago < 7) return formats().weekday.format(date);
  const { dayOfYear, dayOfAnyYear } = formats();
  return (sameYear(date, now) ? dayOfYear : dayOfAnyYear).format(date);
}

/** When something last happened, as short as a list needs it. */
export function listTime(iso: string, now: number = Date.now()): string {
  const ago = dayNumber(now) - dayNumber(iso);
  if (ago === 0) return clockTime(iso);
  if (ago === 1) return 'Yesterday';
  const date = new Date(iso);
  const { weekday, listDay, listDayOfAnyYear } = formats();
  if (ago > 1 && ago < 7) return weekday.format(date);
  return (sameYear(date, now) ? listDay : listDayOfAnyYear).format(date);
}

function sameYear(date: Date, now: number): boolean {
  return date.getFullYear() === new Date(now).getFullYear();
}

/** Returns when a user was last seen. */
export function lastSeenWords(iso: string, now: number = Date.now()): string {
  const minutes = Math.floor((now - Date.parse(iso)) / MINUTE);
  if (minutes < 1) return 'last seen just now';
  if (minutes < 60) return `last seen ${minutes} min ago`;
  const day = dayWords(iso, now);
  if (day === 'Today') return `last seen today at ${clockTime(iso)}`;
  return day === 'Yesterday' ? `last seen yesterday at ${clockTime(iso)}` : `last seen ${listTime(iso, now)}`;
}
