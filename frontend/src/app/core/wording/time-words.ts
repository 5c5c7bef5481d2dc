import { timeZone } from './time-zone';

const MINUTE = 60_000;
const DAY = 86_400_000;

/** The page is in English: its dates are in the reader's English, where they have one. */
const english = navigator.languages.find((language) => /^en\b/iu.test(language)) ?? 'en';
/** 12 or 24 hours: as the reader is used to, whatever their language. */
const { hourCycle } = new Intl.DateTimeFormat(undefined, { hour: 'numeric' }).resolvedOptions();
const hours = hourCycle === undefined ? {} : { hourCycle };

/** How times are written in one time zone: a formatter keeps the zone in which it was made. */
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

/** The formats of the reader's zone; who computes words of them computes anew when it changes. */
function formats(): ReturnType<typeof formatsOf> {
  const zone = timeZone();
  if (made.zone !== zone) made = formatsOf(zone);
  return made;
}

/** Hours and minutes in local time. */
export function clockTime(iso: string): string {
  return formats().clock.format(new Date(iso));
}

/** Everything down to the second, in local time. */
export function exactTime(iso: string): string {
  return formats().exact.format(new Date(iso));
}

/** Day and time, in local time. */
export function dayAndTime(iso: string): string {
  return formats().short.format(new Date(iso));
}

/** The date of a day, with its year. */
export function dateWords(iso: string): string {
  return formats().dayOfAnyYear.format(new Date(iso));
}

/**
 * The local day a time lies on, as a number that grows by one with each day.
 * @param time ISO 8601 or milliseconds since 1970
 */
export function dayNumber(time: string | number): number {
  timeZone(); // whoever computes days computes them anew when the reader travels
  const date = new Date(time);
  return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY);
}

/** What a day is called: Today, Yesterday, a weekday, or its date. */
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

/** When somebody was last seen. */
export function lastSeenWords(iso: string, now: number = Date.now()): string {
  const minutes = Math.floor((now - Date.parse(iso)) / MINUTE);
  if (minutes < 1) return 'last seen just now';
  if (minutes < 60) return `last seen ${minutes} min ago`;
  const day = dayWords(iso, now);
  if (day === 'Today') return `last seen today at ${clockTime(iso)}`;
  return day === 'Yesterday' ? `last seen yesterday at ${clockTime(iso)}` : `last seen ${listTime(iso, now)}`;
}
