import { describe, expect, it } from 'vitest';
import { isKept } from '#src/idempotency/rules.ts';

describe('an answer under an Idempotency-Key', () => {
  it.each([200, 201, 202, 404, 409, 410, 422])('%i is kept: the retry gets it again', (status) => {
    expect(isKept(status)).toBe(true);
  });

  it.each([400, 401, 403, 429])('%i is not kept: what it asks for can be mended under the same key', (status) => {
    expect(isKept(status)).toBe(false);
  });

  it.each([402, 408, 413, 415])('%i is not kept either: it says nothing of the operation', (status) => {
    expect(isKept(status)).toBe(false);
  });

  it('is not kept when it is a 5xx: nobody knows what the operation would have said', () => {
    const statuses = Array.from({ length: 100 }, (_, index) => 500 + index);
    expect(statuses.filter(isKept)).toEqual([]);
  });
});
