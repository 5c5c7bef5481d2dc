import { DestroyRef, inject, type Signal, signal } from '@angular/core';
import type { Timeline, TimelineSnapshot } from '@app/client';
import { Messenger } from '../../core/messenger/messenger';

/** A timeline as long as the component that opened it lives. */
export interface OpenTimeline {
  readonly timeline: Timeline;
  readonly snapshot: Signal<TimelineSnapshot>;
}

/**
 * Opens a chat's history for the component whose injection context this is.
 * @param at the seq to begin around, or undefined for the chat's end
 */
export function openTimeline(chatId: string, at: number | undefined): OpenTimeline {
  const timeline = inject(Messenger).client.timeline(chatId, at === undefined ? {} : { at });
  const snapshot = signal(timeline.snapshot);
  timeline.onChange((changed) => snapshot.set(changed));
  inject(DestroyRef).onDestroy(() => timeline.close());
  return { timeline, snapshot };
}
