import {
  constants,
  PerformanceObserver,
  type NodeGCPerformanceDetail,
  type PerformanceEntry,
} from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { ShortCollections } from './short-collections.js';

describe('the young generation', () => {
  it('is collected once for each 500 opened messages, after the work at hand', async () => {
    const forced: number[] = [];
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { kind, flags } = (entry as PerformanceEntry & { detail: NodeGCPerformanceDetail }).detail;
        if ((flags ?? 0) & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) forced.push(kind ?? -1);
      }
    });
    observer.observe({ entryTypes: ['gc'] });
    const collections = new ShortCollections();

    for (let page = 0; page < 29; page++) {
      collections.count(50);
      await new Promise(setImmediate);
    }
    while (forced.length < 2) await new Promise(setImmediate);
    observer.disconnect();

    expect(forced).toEqual([constants.NODE_PERFORMANCE_GC_MINOR, constants.NODE_PERFORMANCE_GC_MINOR]);
  });
});
