import { describe, expect, it } from 'vitest';
import { databaseFaultOf, isDatabaseUnavailable, isRetryable, isUniqueViolation } from '#src/lib/database-errors.ts';

const withCode = (code: unknown, more: object = {}) => Object.assign(new Error('secret parameter'), { code, ...more });
const wrapped = (error: unknown, times = 1): Error =>
  times === 0 ? (error as Error) : new Error('Failed query: params: hunter2', { cause: wrapped(error, times - 1) });
const faultOf = (code: string) => ({ sqlState: code, constraint: undefined, table: undefined });

describe('databaseFaultOf', () => {
  it.each([0, 1, 4])('unwraps the driver, %d deep', (depth) => {
    const error = wrapped(withCode('23505', { constraint_name: 'users_email_key', table_name: 'users' }), depth);
    expect(databaseFaultOf(error)).toEqual({ sqlState: '23505', constraint: 'users_email_key', table: 'users' });
  });

  it.each([
    ...[
      new Error('x'),
      withCode('FST_ERR_X'),
      withCode(23505),
      withCode('2350'),
      withCode('23505x'),
      withCode(undefined),
    ],
    ...[undefined, null, 'text', { code: '23505' }],
  ])('finds nothing in %s', (error) => expect(databaseFaultOf(error)).toBeUndefined());

  it('ends on an error that is its own cause', () => {
    const error = new Error('loop');
    error.cause = error;
    expect(databaseFaultOf(error)).toBeUndefined();
  });

  it('carries no message', () => {
    const fault = databaseFaultOf(wrapped(withCode('22021', { detail: 'hunter2', where: 'hunter2' })));
    expect(JSON.stringify(fault)).not.toMatch(/hunter2|secret/);
  });
});

describe('what a fault means', () => {
  const unavailable = [
    '08006',
    '08001',
    '53300',
    '57P01',
    '57014',
    '25P03',
    '25P04',
    '55P03',
    '25006',
    '40001',
    '40P01',
  ];
  const driver = ['CONNECTION_CLOSED', 'CONNECT_TIMEOUT', 'ACQUIRE_TIMEOUT', 'ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND'];

  it.each([...unavailable, ...driver])('%s: the database cannot answer now', (code) => {
    expect(databaseFaultOf(withCode(code))).toEqual(faultOf(code));
    expect(isDatabaseUnavailable(faultOf(code))).toBe(true);
  });

  it.each(['23505', '23503', '23514', '22021', '22P02', '42601', '25P02', '00000'])(
    '%s: our own mistake, or the caller’s',
    (code) => expect(isDatabaseUnavailable(faultOf(code))).toBe(false),
  );

  it.each([
    ['40001', true],
    ['40P01', true],
    ['23505', false],
    ['57P01', false],
    ['CONNECTION_CLOSED', false],
  ])('%s may be run again: %s', (code, expected) => {
    expect(isRetryable(wrapped(withCode(code)))).toBe(expected);
  });

  it('knows a lost race by the name of its constraint', () => {
    const error = wrapped(withCode('23505', { constraint_name: 'stores_slug_key' }));
    expect(isUniqueViolation(error, 'stores_slug_key')).toBe(true);
    expect(isUniqueViolation(error, 'users_email_key')).toBe(false);
    expect(isUniqueViolation(withCode('23503', { constraint_name: 'stores_slug_key' }), 'stores_slug_key')).toBe(false);
    expect(isUniqueViolation(new Error('x'), 'stores_slug_key')).toBe(false);
  });
});
