import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common';

// Loaded when a new password is typed, not before: its dictionaries are larger than the rest of the client.
const estimator = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });

/**
 * Estimates the strength of a password.
 * @param password as typed
 * @param known words that an attacker would try first, such as the username
 * @returns 0 (weakest) to 4 (strongest)
 */
export function estimate(password: string, known: readonly string[]): 0 | 1 | 2 | 3 | 4 {
  return estimator.check(password.normalize('NFKC'), [...known]).score;
}
