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
    let collections = 0;
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { kind, flags = 0 } = (entry as PerformanceEntry & { detail: NodeGCPerformanceDetail }).detail;
        const forced = (flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0;
        if (forced && kind === constants.NODE_PERFORMANCE_GC_MINOR) collections++;
      }
    });
    observer.observe({ entryTypes: ['gc'] });
    const short = new ShortCollections();

    for (let page = 0; page < 29; page++) {
      short.count(50);
      await new Promise(setImmediate);
    }
    while (collections < 2) await new Promise(setImmediate);
    observer.disconnect();

    expect(collections).toBe(2);
  });
});
