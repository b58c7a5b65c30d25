import pino from 'pino';
import type { Settings } from './config.ts';
import { databaseFaultOf } from './lib/database-errors.ts';

/**
 * Structured lines on standard output, written in batches. Credentials never reach it: headers and bodies are not
 * logged, and an error of the database is reduced to its SQLSTATE, because its message carries the parameters.
 */
export function createLogger(settings: Pick<Settings, 'LOG_LEVEL'>): pino.Logger {
  const destination = pino.destination({ fd: 1, sync: false, minLength: 4096, periodicFlush: 200 });
  return pino(
    {
      level: settings.LOG_LEVEL,
      base: undefined,
      serializers: { err: describeError },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    destination,
  );
}

export function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error };
  const frames = error.stack?.split('\n').filter((line) => line.trimStart().startsWith('at '));
  const fault = databaseFaultOf(error);
  if (fault) return { type: 'DatabaseError', ...fault, stack: frames?.join('\n') };
  const cause = error.cause instanceof Error ? describeError(error.cause) : undefined;
  return { type: error.name, message: error.message, stack: frames?.join('\n'), cause };
}
