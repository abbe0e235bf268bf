import { BelayError } from '../errors';
import { GitError } from '../git/errors';

/** What git says when a partial clone lacks an object and may not fetch it. */
const notFetched = /promisor remote|lazy fetching|transport '.*' not allowed/;

/**
 * For work that reads contents which a partial clone may lack: local work never fetches them, which would use the network
 * unasked.
 * @throws BelayError `git_failed` that says what to do then.
 */
export async function orAbsent<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    if (thrown instanceof GitError && notFetched.test(thrown.stderr)) {
      throw new BelayError(
        'git_failed',
        'Some of the contents that are needed are not in this partial clone, and Belay does not fetch them one by one. Let git fetch them, for example with: git pull --rebase',
        { cause: thrown },
      );
    }
    throw thrown;
  }
}
