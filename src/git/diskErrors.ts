/** Whether a failed file operation failed because there is no such file; any other failure is not an answer. */
export function isMissing(thrown: unknown): thrown is Error {
  return thrown instanceof Error && hasCode(thrown, 'ENOENT', 'ENOTDIR');
}

/** For `catch`: the value where there is no such file; any other failure goes on. */
export function whenMissing<T>(value: T): (thrown: unknown) => T {
  return (thrown) => {
    if (isMissing(thrown)) {
      return value;
    }
    throw thrown;
  };
}

/** Whether a failure carries one of the system's error codes. */
export function hasCode(thrown: unknown, ...codes: readonly string[]): boolean {
  return thrown instanceof Error && 'code' in thrown && codes.includes(String(thrown.code));
}

/** Whether the system refused a file operation, whatever for: what may be lost is then gone without. */
export function isDiskError(thrown: unknown): thrown is NodeJS.ErrnoException {
  return thrown instanceof Error && 'syscall' in thrown && 'code' in thrown;
}

/** For `catch`: goes on where the disk refuses, for what may be lost; anything else is thrown on. */
export function toleratesDisk(thrown: unknown): void {
  if (!isDiskError(thrown)) {
    throw thrown;
  }
}

/** For `catch`: the value where the disk refuses, for what may be lost; anything else goes on. */
export function whenRefused<T>(value: T): (thrown: unknown) => T {
  return (thrown) => {
    if (isDiskError(thrown)) {
      return value;
    }
    throw thrown;
  };
}
