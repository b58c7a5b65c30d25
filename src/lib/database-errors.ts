/** What an error of the database says, without its message: Drizzle puts the query's parameters in there. */
export type DatabaseFault = { sqlState: string; constraint: string | undefined; table: string | undefined };

const UNAVAILABLE_CODES = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  'ACQUIRE_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
]);

// 08 connection, 53 resources, 57 operator intervention (shutdown, statement timeout), 25P03/25P04 idle in transaction
// and transaction timeouts, 55P03 lock timeout, 25006 read-only (a standby during a failover), 42P01 a table that a
// pending migration brings, and 40001 and 40P01 when every retry lost.
const UNAVAILABLE_STATES = /^(08...|53...|57...|25P0[34]|55P03|25006|40001|40P01|42P01)$/;

// Five characters, as EPIPE and EAUTH have too: the classes begin with a digit, or with F0, HV, P0 or XX.
const SQLSTATE = /^(\d[0-9A-Z]|F0|HV|P0|XX)[0-9A-Z]{3}$/;

/** Walks the cause chain to the driver's error. */
export function databaseFaultOf(error: unknown): DatabaseFault | undefined {
  for (let current = error, depth = 0; current instanceof Error && depth < 5; current = current.cause, depth += 1) {
    const { code, constraint_name, table_name } = current as Error & Record<string, unknown>;
    if (typeof code !== 'string') continue;
    if (SQLSTATE.test(code) || UNAVAILABLE_CODES.has(code)) {
      return { sqlState: code, constraint: asText(constraint_name), table: asText(table_name) };
    }
  }
  return undefined;
}

export function isDatabaseUnavailable(fault: DatabaseFault): boolean {
  return UNAVAILABLE_CODES.has(fault.sqlState) || UNAVAILABLE_STATES.test(fault.sqlState);
}

/** Serialization failure or deadlock: the transaction did nothing and may be run again. */
export function isRetryable(error: unknown): boolean {
  const fault = databaseFaultOf(error);
  return fault?.sqlState === '40001' || fault?.sqlState === '40P01';
}

/** True when the error is the named unique constraint: how a lost race shows. */
export function isUniqueViolation(error: unknown, constraint: string): boolean {
  const fault = databaseFaultOf(error);
  return fault?.sqlState === '23505' && fault.constraint === constraint;
}

/** True when what the named foreign key points at is gone: it was deleted at this very moment. */
export function isForeignKeyViolation(error: unknown, constraint: string): boolean {
  const fault = databaseFaultOf(error);
  return fault?.sqlState === '23503' && fault.constraint === constraint;
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
