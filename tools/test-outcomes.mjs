// What the runners' reports say: how many tests passed and failed, which ones failed, and which only passed when tried again.
import { stripVTControlCharacters } from 'node:util';

/**
 * @typedef {{ passed: number, failed: number }} Count
 * @typedef {object} Outcome
 * @property {Count} count
 * @property {string[]} failures the failed tests with the first lines of why
 * @property {string[]} retried the tests that passed only when they were tried again
 */

/** How many lines of a failure are told again at the end. */
const FAILURE_LINES = 12;

/** How large a part of the tests may pass only when they are tried again, before the run fails. */
const RETRIED_LIMIT = 0.01;

/** @param {string} title @param {string} reason */
const failure = (title, reason) =>
  [`× ${title}`, ...stripVTControlCharacters(reason).split('\n').slice(0, FAILURE_LINES)].join('\n    ');

/**
 * Reads Vitest's JSON report. Skipped is not passed.
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
 * Reads Playwright's JSON report. Where more than one test in a hundred passed only when it was tried again, those tests
 * count as failed.
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
        ? retried.map((spec) => failure(`${spec.title} (passed when tried again)`, reasonOf(spec)))
        : []),
    ],
    retried: retried.map(({ title }) => title),
  };
}
