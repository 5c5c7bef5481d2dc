import { expect, it } from 'vitest';
import { playwrightOutcome, vitestOutcome } from './test-outcomes.mjs';

const spec = (title: string, status: 'expected' | 'flaky' | 'unexpected'): object => ({
  title,
  ok: status !== 'unexpected',
  tests: [{ status, results: [{ error: { message: `why ${title}` } }] }],
});

/** A report of Playwright with the given numbers of tests that pass and of tests that pass only after a retry. */
const report = (expected: number, flaky: number): object => ({
  stats: { expected, flaky, unexpected: 0, skipped: 0 },
  suites: [
    {
      suites: [{ specs: Array.from({ length: flaky }, (_, i) => spec(`flaky ${i}`, 'flaky')) }],
      specs: Array.from({ length: expected }, (_, i) => spec(`fine ${i}`, 'expected')),
    },
  ],
});

it('lists the browser tests that passed only after a retry', () => {
  expect(playwrightOutcome(report(99, 1))).toEqual({
    count: { passed: 100, failed: 0 },
    failures: [],
    retried: ['flaky 0'],
  });
});

it('fails when more than one browser test in a hundred passed only after a retry, and names each with its error', () => {
  expect(playwrightOutcome(report(98, 2))).toEqual({
    count: { passed: 98, failed: 2 },
    failures: [0, 1].map((i) => `× flaky ${i} (passed only after a retry)\n    why flaky ${i}`),
    retried: ['flaky 0', 'flaky 1'],
  });
});

it('counts a skipped browser test as failed', () => {
  const stats = { expected: 1, flaky: 0, unexpected: 1, skipped: 2 };

  expect(playwrightOutcome({ stats, suites: [{ specs: [spec('bad', 'unexpected')] }] })).toEqual({
    count: { passed: 1, failed: 3 },
    failures: ['× bad\n    why bad'],
    retried: [],
  });
});

it('counts a skipped test of another tier as failed', () => {
  const testResults = [{ assertionResults: [{ fullName: 'late', status: 'skipped' }] }];

  expect(vitestOutcome({ numPassedTests: 3, numFailedTests: 0, numPendingTests: 1, testResults })).toEqual({
    count: { passed: 3, failed: 1 },
    failures: ['× late\n    skipped'],
    retried: [],
  });
});
