import { describe, expect, it } from 'vitest';
import { PERMISSIONS } from '#src/auth/access.ts';
import { newId } from '#src/lib/ids.ts';
import { RATE_LIMITS } from '#src/lib/limits.ts';
import { type Operation, operationsOf, urlOf } from '../support/operations.ts';
import { expectRefusal } from '../support/refusals.ts';
import { type Answer, startTestApp } from '../support/test-app.ts';

// The smallest that there is.
const test = await startTestApp({ RATE_LIMITS: 'on', RATE_LIMIT_PER_ADDRESS: '1' });
const operations = operationsOf(test.app);
const limited = operations.filter(({ permission }) => permission?.limit !== 'none');
const unlimited = operations.filter(({ permission }) => permission?.limit === 'none');

let addresses = 0;
function newAddress(): string {
  addresses += 1;
  return `10.5.${Math.floor(addresses / 250)}.${1 + (addresses % 250)}`;
}

const limitHeaders = ({ headers }: Answer) => Object.keys(headers).filter((name) => name.startsWith('x-ratelimit'));

/** By nobody, with ids of nothing: what a stranger can send without end. */
function send({ method, body, example, ...operation }: Operation, remoteAddress: string): Promise<Answer> {
  const params = Object.fromEntries(operation.params.map((name) => [name, newId()]));
  return test.call(method, urlOf(operation, params), { remoteAddress, ...(body && { body: example }) });
}

describe('the table of permissions', () => {
  it('has every operation, with a bucket that there is', () => {
    expect(operations.map(({ id }) => id).sort()).toEqual(Object.keys(PERMISSIONS).sort());
    for (const { id, permission } of operations) {
      expect(permission, id).toBeDefined();
      expect([...Object.keys(RATE_LIMITS), 'none'], id).toContain(permission?.limit ?? 'standard');
    }
  });

  it('leaves nothing without a limit but health, and what Stripe tells, whose bursts come from few addresses', () => {
    const ids = unlimited.map(({ id }) => id).sort();
    expect(ids).toEqual(['getHealth', 'getLiveness', 'getReadiness', 'receiveStripeEvent']);
  });

  it('has a strict bucket wherever a secret can be guessed', () => {
    const guessed = operations.filter(({ method, access, body }) => {
      const fields = Object.keys(body?.['properties'] ?? {});
      const isSecret = /^(password|currentPassword|token|signature|key)$/;
      return method !== 'GET' && access === 'anyone' && fields.some((name) => isSecret.test(name));
    });
    expect(guessed.map(({ id }) => id)).toEqual(expect.arrayContaining(['logIn', 'registerUser', 'resetPassword']));
    for (const { id, permission } of guessed) expect(permission?.limit ?? 'standard', id).not.toBe('standard');
  });
});

describe('an operation with a limit', () => {
  it.each(limited)('$id declares 429 and its code', ({ responses }) => {
    expect(responses).toHaveProperty('429');
    expect(JSON.stringify(responses['429'])).toContain('"RATE_LIMITED"');
  });

  it.each(limited)(
    '$id tells its limit, and answers 429 beyond it before anything is asked of the database',
    async (operation) => {
      const remoteAddress = newAddress();
      const bucket = operation.permission?.limit ?? 'standard';
      const max = RATE_LIMITS[bucket as keyof typeof RATE_LIMITS].max ?? 1;
      const first = await send(operation, remoteAddress);
      expect(first.status, first.text).not.toBe(429);
      expect(limitHeaders(first).sort()).toEqual(['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset']);
      expect(first.headers['x-ratelimit-limit']).toBe(String(max));
      expect(first.headers['x-ratelimit-remaining']).toBe(String(max - 1));
      for (let n = 1; n < max; n += 1) expect((await empty(operation, remoteAddress)).status).not.toBe(429);

      const statements = test.statements.length;
      const refused = await send(operation, remoteAddress);
      expectRefusal(refused, 429, 'RATE_LIMITED');
      expect(refused.headers['retry-after']).toMatch(/^[1-9]\d*$/);
      expect(limitHeaders(refused)).toHaveLength(3);
      // It asks the database nothing: that is what the limit is for.
      expect(test.statements.slice(statements)).toEqual([]);
      expect((await send(operation, newAddress())).status).not.toBe(429);
    },
  );
});

describe('an operation without a limit', () => {
  it.each(unlimited)('$id declares no 429 and never answers it', async (operation) => {
    expect(operation.responses).not.toHaveProperty('429');
    const remoteAddress = newAddress();
    for (let n = 0; n < 50; n += 1) {
      const answer = await send(operation, remoteAddress);
      if (operation.id === 'receiveStripeEvent') expectRefusal(answer, 400, 'INVALID_SIGNATURE');
      else expect(answer.status).toBe(200);
      expect(limitHeaders(answer)).toEqual([]);
    }
  });

  it('receiveStripeEvent asks the database nothing for what Stripe has not signed', async () => {
    const operation = unlimited.find(({ id }) => id === 'receiveStripeEvent') as Operation;
    const statements = test.statements.length;
    const headers = { 'stripe-signature': `t=${Math.floor(Date.now() / 1000)},v1=${'0'.repeat(64)}` };
    const answer = await test.call('POST', operation.path, { headers, body: { object: 'event', id: 'evt_1' } });
    expectRefusal(answer, 400, 'INVALID_SIGNATURE');
    expect(test.statements.slice(statements)).toEqual([]);
  });
});

/** The same operation with nothing in it: it costs less, and counts as much. */
function empty(operation: Operation, remoteAddress: string): Promise<Answer> {
  return send({ ...operation, example: {} }, remoteAddress);
}
