import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOSTILE_STRINGS } from '../support/hostile.ts';
import { PASSWORD, uniqueEmail } from '../support/people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';
import { createFullBrand } from '../support/world.ts';

const SEED = 20_261_123;
const test = await startTestApp({ RATE_LIMITS: 'off', LOG_LEVEL: 'silent' });
const { sql } = openRows(test.url);
const { owner, tenantId, params } = await createFullBrand(test);
const { token } = owner;

const words = fc.oneof(
  fc.constantFrom(...HOSTILE_STRINGS),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 120 }),
);
const isStorable = (text: string) => text.isWellFormed() && !text.includes('\u0000');
const isLegal = (text: string, max: number) => isStorable(text) && /\S/.test(text) && text.length <= max;

/** Fields of free text: where they go in, and how they lie in the database. */
const FIELDS = [
  {
    name: 'name of a person',
    max: 120,
    save: (name: string) => test.call('PATCH', 'auth/me', { token, body: { name } }),
    read: () => sql`select name as text from users where id = ${owner.userId}`,
  },
  {
    name: 'description of a brand',
    max: 2000,
    save: (description: string) => test.call('PATCH', `tenants/${tenantId}`, { token, body: { description } }),
    read: () => sql`select description as text from tenants where id = ${tenantId}`,
  },
  {
    name: 'line of an address',
    max: 200,
    save: (line1: string) =>
      test.call('PATCH', `stores/tenant/${tenantId}/${params['storeId']}`, { token, body: { address: { line1 } } }),
    read: () => sql`select address ->> 'line1' as text from stores where id = ${params['storeId'] ?? ''}`,
  },
];

describe('text (case 34)', () => {
  it.each(FIELDS)('the $name is stored exactly, or refused', { timeout: 120_000 }, async ({ max, save, read }) => {
    const property = fc.asyncProperty(words, async (text) => {
      const answer = await save(text);
      if (!isLegal(text, max)) return expectRefusal(answer, 400, 'VALIDATION_ERROR');
      expect(answer.status, answer.text).toBe(200);
      expect((await read())[0]?.['text']).toBe(text);
    });
    await fc.assert(property, { seed: SEED, numRuns: 300 });
  });

  it('a theme is stored exactly, or refused', { timeout: 120_000 }, async () => {
    const finite = fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' });
    const themes = fc.dictionary(
      fc.string({ maxLength: 8 }).filter((key) => key !== '__proto__'),
      fc.oneof(finite, words),
    );
    const property = fc.asyncProperty(themes, async (given) => {
      const theme = JSON.parse(JSON.stringify(given));
      const answer = await test.call('PATCH', `tenants/${tenantId}`, { token, body: { theme } });
      if (answer.status !== 200) return expectRefusal(answer, 400);
      expect(answer.body.data.theme).toEqual(theme);
      const shown = await test.call('GET', `tenants/${tenantId}`, { token });
      expect(shown.body.data.theme).toEqual(theme);
    });
    await fc.assert(property, { seed: SEED, numRuns: 300 });
  });

  it('a number that no double can hold is not turned into null', async () => {
    const answer = await test.call('PATCH', `tenants/${tenantId}`, {
      token,
      payload: '{"theme":{"size":1e400}}',
      headers: { 'content-type': 'application/json' },
    });
    expectRefusal(answer, 400);
  });

  it('twins in NFC and NFD are two names and one e-mail address', async () => {
    const [nfc, nfd] = ['Ren\u00e9', 'Rene\u0301'];
    for (const name of [nfc, nfd]) {
      expect((await test.call('PATCH', 'auth/me', { token, body: { name } })).body.data.name).toBe(name);
    }
    const email = uniqueEmail('twin');
    const wide = email.replace('twin', 'ｔｗｉｎ').toUpperCase();
    const first = await test.call('POST', 'auth/register', { body: { email, password: PASSWORD } });
    expect(first.status, first.text).toBe(201);
    expectRefusal(await test.call('POST', 'auth/register', { body: { email: wide, password: PASSWORD } }), 409);
    expect((await test.call('POST', 'auth/login', { body: { email: wide, password: PASSWORD } })).status).toBe(200);
  });

  it('wildcards and quotes are letters', async () => {
    const domain = owner.email.split('@')[1];
    for (const email of [`%@${domain}`, `${owner.email.slice(0, -1)}_`, `owner-%@${domain}`, "' or 1=1 --@x.org"]) {
      const answer = await test.call('POST', 'auth/login', { body: { email, password: PASSWORD } });
      expect([400, 401], email).toContain(answer.status);
    }
    for (const pattern of ['%25', '_', "'%20or%201=1--"]) {
      const found = await test.call('GET', `tenants/public?domain=${pattern}`);
      expect(found.body.data, pattern).toEqual([]);
      expectRefusal(await test.call('GET', `tenants/public/${pattern}`), 404);
    }
  });
});
