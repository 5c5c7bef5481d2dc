const MINUTE = 60_000;
const DAY = 86_400_000;

/** The page is in English: its dates are in the reader's English, where they have one. */
const english = navigator.languages.find((language) => /^en\b/iu.test(language)) ?? 'en';
/** 12 or 24 hours: as the reader is used to, whatever their language. */
const { hourCycle } = new Intl.DateTimeFormat(undefined, { hour: 'numeric' }).resolvedOptions();
const hours = hourCycle === undefined ? {} : { hourCycle };

const clock = new Intl.DateTimeFormat(english, { hour: '2-digit', minute: '2-digit', ...hours });
const exact = new Intl.DateTimeFormat(english, { dateStyle: 'full', timeStyle: 'medium', ...hours });
const short = new Intl.DateTimeFormat(english, { dateStyle: 'medium', timeStyle: 'short', ...hours });
const weekday = new Intl.DateTimeFormat(english, { weekday: 'long' });
const dayOfYear = new Intl.DateTimeFormat(english, { weekday: 'long', day: 'numeric', month: 'long' });
const dayOfAnyYear = new Intl.DateTimeFormat(english, { day: 'numeric', month: 'long', year: 'numeric' });
const listDay = new Intl.DateTimeFormat(english, { day: 'numeric', month: 'short' });

/** Hours and minutes in local time. */
export function clockTime(iso: string): string {
  return clock.format(new Date(iso));
}

/** Everything down to the second, in local time. */
export function exactTime(iso: string): string {
  return exact.format(new Date(iso));
}

/** Day and time, in local time. */
export function dayAndTime(iso: string): string {
  return short.format(new Date(iso));
}

/**
 * The local day a time lies on, as a number that grows by one with each day.
 * @param time ISO 8601 or milliseconds since 1970
 */
export function dayNumber(time: string | number): number {
  const date = new Date(time);
  return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY);
}

/** What a day is called: Today, Yesterday, a weekday, or its date. */
export function dayWords(iso: string, now: number = Date.now()): string {
  const ago = dayNumber(now) - dayNumber(iso);
  const date = new Date(iso);
  if (ago === 0) return 'Today';
  if (ago === 1) return 'Yesterday';
  if (ago > 1 && ago < 7) return weekday.format(date);
  return (date.getFullYear() === new Date(now).getFullYear() ? dayOfYear : dayOfAnyYear).format(date);
}

/** When something last happened, as short as a list needs it. */
export function listTime(iso: string, now: number = Date.now()): string {
  const ago = dayNumber(now) - dayNumber(iso);
  if (ago === 0) return clockTime(iso);
  if (ago === 1) return 'Yesterday';
  return ago > 1 && ago < 7 ? weekday.format(new Date(iso)) : listDay.format(new Date(iso));
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
