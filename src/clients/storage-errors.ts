import { AppError, SERVICE_UNAVAILABLE } from '../lib/errors.ts';

const MISSING = new Set(['ENOENT', 'ENOTDIR', 'NoSuchKey', 'NotFound']);

/** What is not there, as a disk or an S3 server says it. */
export function isMissing(error: unknown): boolean {
  return MISSING.has(String((error as { code?: unknown }).code));
}

/** A store that cannot do its work now is a 503; a refusal that comes from the caller's own stream stays what it is. */
export async function fromStore<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw storeFailure(error);
  }
}

export function storeFailure(error: unknown): unknown {
  return error instanceof AppError ? error : new AppError(SERVICE_UNAVAILABLE, undefined, { cause: error });
}

export async function orMissing<Result, Missing>(
  missing: Missing,
  work: () => Promise<Result>,
): Promise<Result | Missing> {
  return fromStore(async () => {
    try {
      return await work();
    } catch (error) {
      if (isMissing(error)) return missing;
      throw error;
    }
  });
}
