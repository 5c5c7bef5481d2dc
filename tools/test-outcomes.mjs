// Reads the runners' reports: how many tests passed and failed, which ones failed, and which passed only after a retry.
import { stripVTControlCharacters } from 'node:util';

/**
 * @typedef {{ passed: number, failed: number }} Count
 * @typedef {object} Outcome
 * @property {Count} count
 * @property {string[]} failures the failed tests, each with the first lines of its error
 * @property {string[]} retried the tests that passed only after a retry
 */

/** How many lines of an error the summary repeats. */
const FAILURE_LINES = 12;

/** The share of tests that may pass only after a retry before the run fails. */
const RETRIED_LIMIT = 0.01;

/** @param {string} title @param {string} reason */
const failure = (title, reason) =>
  [`× ${title}`, ...stripVTControlCharacters(reason).split('\n').slice(0, FAILURE_LINES)].join('\n    ');

/**
 * Reads Vitest's JSON report. A skipped test counts as failed.
 * @param {any} report
 * @returns {Outcome}
 */
export const vitestOutcome = (report) => ({
  count: { passed: report.numPassedTests, failed: report.numFailedTests + report.numPendingTests },
  failures: report.testResults.flatMap((/** @type {any} */ file) => [
    ...(file.assertionResults.length === 0 && file.message ? [failure(file.name, file.message)] : []),
    ...file.assertionResults
      .filter((/** @type {any} */ { status }) => status !== 'passed')
      .map((/** @type {any} */ test) =>
        failure(test.fullName, test.failureMessages?.join('\n') ?? test.status),
      ),
  ]),
  retried: [],
});

/** @param {any} suite @returns {any[]} */
const specsOf = ({ suites = [], specs = [] }) => [...suites.flatMap(specsOf), ...specs];

/** @param {any} spec */
const reasonOf = (spec) =>
  spec.tests[0]?.results.map((/** @type {any} */ { error }) => error?.message ?? '').join('\n') ?? '';

/**
 * Reads Playwright's JSON report. If more than one test in a hundred passed only after a retry, those tests count as
 * failed.
 * @param {any} report
 * @returns {Outcome}
 */
export function playwrightOutcome(report) {
  const { expected, flaky, unexpected, skipped } = report.stats;
  const specs = specsOf(report);
  const isRetried = (/** @type {any} */ { tests }) =>
    tests.some((/** @type {any} */ { status }) => status === 'flaky');
  const retried = specs.filter(isRetried);
  const tooMany = flaky > RETRIED_LIMIT * (expected + flaky + unexpected);
  return {
    count: {
      passed: expected + (tooMany ? 0 : flaky),
      failed: unexpected + skipped + (tooMany ? flaky : 0),
    },
    failures: [
      ...specs.filter(({ ok }) => !ok).map((spec) => failure(spec.title, reasonOf(spec))),
      ...(tooMany
        ? retried.map((spec) => failure(`${spec.title} (passed only after a retry)`, reasonOf(spec)))
        : []),
    ],
    retried: retried.map(({ title }) => title),
  };
}
