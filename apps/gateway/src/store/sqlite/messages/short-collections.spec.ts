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
    // The test's runner forces collections of the old generation now and then: those do not count.
    const minor: number[] = [];
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { kind, flags } = (entry as PerformanceEntry & { detail: NodeGCPerformanceDetail }).detail;
        const forced = ((flags ?? 0) & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0;
        if (forced && kind === constants.NODE_PERFORMANCE_GC_MINOR) minor.push(kind);
      }
    });
    observer.observe({ entryTypes: ['gc'] });
    const short = new ShortCollections();

    for (let page = 0; page < 29; page++) {
      short.count(50);
      await new Promise(setImmediate);
    }
    while (minor.length < 2) await new Promise(setImmediate);
    observer.disconnect();

    expect(minor).toHaveLength(2);
  });
});
