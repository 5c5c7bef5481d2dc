import { signal } from '@angular/core';

const zone = signal(currentZone());

/** The reader's time zone: words of time that are made of it are made anew when it changes. */
export const timeZone = zone.asReadonly();

/** Looks whether the reader has travelled, or their clock follows other rules now: no browser tells of that. @param now its name */
export function noticeTimeZone(now = currentZone()): void {
  zone.set(now);
}

function currentZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}
