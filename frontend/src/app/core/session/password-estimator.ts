import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common';

// Loaded when a new password is typed and not before: its dictionaries are larger than the rest of the client.
const estimator = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });

/**
 * How hard a password is to guess.
 * @param password as it was typed
 * @param known what a guesser would try first, such as the username
 * @returns 0 (guessed at once) to 4 (not guessed)
 */
export function estimate(password: string, known: readonly string[]): 0 | 1 | 2 | 3 | 4 {
  return estimator.check(password.normalize('NFKC'), [...known]).score;
}
