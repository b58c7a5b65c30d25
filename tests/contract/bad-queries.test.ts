import { describe, expect, it } from 'vitest';
import { fillLists } from '../support/fill-lists.ts';
import { platformAdmin } from '../support/live-calls.ts';
import { type Operation, operationsOf, tenantHeader, urlOf } from '../support/operations.ts';
import { PASSWORD } from '../support/people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';
import { createFullBrand } from '../support/world.ts';

const test = await startTestApp({ RATE_LIMITS: 'off', LOG_LEVEL: 'silent' });
const brand = await createFullBrand(test);
const other = await createFullBrand(test);
const operations = operationsOf(test.app);
const lists = operations.filter(({ query }) => 'cursor' in query);

const { sql } = openRows(test.url);

for (const one of [brand, other]) await fillLists({ test, sql }, one);
for (const { owner } of [brand, other]) {
  await test.call('POST', 'auth/login', { body: { email: owner.email, password: PASSWORD } });
}

/** One list for the whole platform, whichever brand is looked at. */
const OF_PLATFORM = new Set(['listStripeEvents']);
const platform = await platformAdmin(test);

function list(operation: Operation, query: string, of = brand) {
  const headers = tenantHeader(operation, of.tenantId);
  const { token } = OF_PLATFORM.has(operation.id) ? platform : of.owner;
  return test.call('GET', `${urlOf(operation, of.params)}?${query}`, { token, headers });
}

async function cursorOf(operation: Operation, of = brand): Promise<string> {
  const page = await list(operation, 'limit=1', of);
  expect(page.body.meta.nextCursor, `${operation.id} has one item`).toBeTypeOf('string');
  return page.body.meta.nextCursor;
}

function refuse(answer: Awaited<ReturnType<typeof list>>, field: string): void {
  expectRefusal(answer, 400, 'VALIDATION_ERROR');
  expect(answer.body.error.errors[0]).toMatchObject({ location: 'query', field });
}

describe('cursors (case 35)', () => {
  it.each(lists)('$id takes its own', async (operation) => {
    const page = await list(operation, `limit=1&cursor=${await cursorOf(operation)}`);
    expect(page.status, page.text).toBe(200);
    expect(page.body.data).not.toEqual((await list(operation, 'limit=1')).body.data);
  });

  it.each(lists)('$id refuses one with any letter changed, cut or added', async (operation) => {
    const cursor = await cursorOf(operation);
    for (let index = 0; index < cursor.length; index += 1) {
      const letter = cursor[index] === 'A' ? 'B' : 'A';
      refuse(await list(operation, `cursor=${cursor.slice(0, index)}${letter}${cursor.slice(index + 1)}`), 'cursor');
    }
    for (const changed of [cursor.slice(1), cursor.slice(0, -1), cursor.slice(0, 20), `${cursor}A`, `${cursor}!`]) {
      refuse(await list(operation, `cursor=${changed}`), 'cursor');
    }
  });

  it.each(lists)('$id refuses those of every other list and brand', async (operation) => {
    for (const one of lists) {
      const foreign = [await cursorOf(one, other), ...(one === operation ? [] : [await cursorOf(one)])];
      // The directory is one list, whoever asks.
      if (one === operation && (one.access === 'anyone' || OF_PLATFORM.has(one.id))) continue;
      for (const cursor of foreign) refuse(await list(operation, `cursor=${cursor}`), 'cursor');
    }
  });

  it.each(lists)('$id refuses one spelled otherwise', async (operation) => {
    const cursor = await cursorOf(operation);
    const last = cursor.at(-1) ?? '';
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const twin = `${cursor.slice(0, -1)}${alphabet[alphabet.indexOf(last) ^ 1]}`;
    for (const spelled of [twin, `${cursor}=`, `${cursor}%20`, `%20${cursor}`]) {
      refuse(await list(operation, `cursor=${spelled}`), 'cursor');
    }
  });
});

describe('limits (case 35)', () => {
  it.each(lists)('$id refuses what is no number from 1 to 100', async (operation) => {
    const bad = ['0', '-1', '1e9', '', '101', '1.5', '%201', '1%20', '%2B1', '0x10', 'NaN', 'null', '%EF%BC%91', '٣'];
    for (const limit of bad) refuse(await list(operation, `limit=${limit}`), 'limit');
    for (const limit of ['1', '100', '007']) expect((await list(operation, `limit=${limit}`)).status, limit).toBe(200);
  });

  it.each(lists)('$id refuses a parameter that is given twice', async (operation) => {
    refuse(await list(operation, 'limit=1&limit=2'), 'limit');
    refuse(await list(operation, 'cursor=a&cursor=b'), 'cursor');
    expect((await list(operation, 'unknown=1&unknown=2')).status).toBe(200);
  });
});

const withIds = operations.flatMap((operation) =>
  operation.params
    // A tracking id is a credential: what is none is told from none.
    .filter((name) => /Id$/.test(name) && name !== 'trackingId')
    .map((name) => ({ ...operation, name })),
);

describe('ids (case 35)', () => {
  it.each(withIds)('$id refuses what cannot be its $name', async ({ name, ...operation }) => {
    const bad = ['me', '1', '0', '019ab3c4', '{019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071}', '%00', 'x'.repeat(100)];
    for (const id of [...bad, '019ab3c45d6e7f809a1b2c3d4e5f6071', "'%20or%201=1--", '%F0%9F%98%80', 'z'.repeat(400)]) {
      const answer = await test.call(operation.method, urlOf(operation, { ...brand.params, [name]: id }), {
        token: brand.owner.token,
        headers: tenantHeader(operation, brand.tenantId),
        ...(operation.body && { body: operation.example }),
      });
      expectRefusal(answer, 400, 'VALIDATION_ERROR');
      expect(answer.body.error.errors[0].location, id).toBe('params');
    }
  });

  it('takes any text as a tracking id, and knows no payment by it', async () => {
    for (const id of ['1', '%00', "'%20or%201=1--", '%F0%9F%98%80', brand.params['paymentId'], 'z'.repeat(128)]) {
      expectRefusal(await test.call('GET', `payments/status/${id}`), 404, 'NOT_FOUND');
    }
    expectRefusal(await test.call('GET', `payments/status/${'z'.repeat(129)}`), 400, 'VALIDATION_ERROR');
  });

  it('reads one in any case', async () => {
    const url = `tenants/${brand.tenantId.toUpperCase()}`;
    expect((await test.call('GET', url, { token: brand.owner.token })).body.data.id).toBe(brand.tenantId);
  });
});
