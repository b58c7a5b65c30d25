import { describe, expect, it } from 'vitest';
import { expireMemberships } from '#src/memberships/expire-memberships.ts';
import { addMember, type Brand, createBrand, register } from '../support/people.ts';
import { quickPerson } from '../support/quick-people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { call } = test;
const { sql } = openRows(test.url);

const tiers = ({ tenantId }: Brand) => `memberships/tenant/${tenantId}/tiers`;
const member = ({ tenantId }: Brand, what: string) => `tenants/${tenantId}/membership/${what}`;

async function makeTier(brand: Brand, body: object = {}) {
  const tier = { name: 'Basic', code: 'basic', rank: 1, ...body };
  const answer = await call('POST', tiers(brand), { token: brand.owner.token, body: tier });
  expect(answer.status, answer.text).toBe(201);
  return answer.body.data;
}

async function brandWithTier(body: object = {}) {
  const brand = await createBrand(test);
  return { brand, tier: await makeTier(brand, body) };
}

const eventsOf = (tenantId: string) =>
  sql`select type, sequence::int, data from events where tenant_id = ${tenantId} order by position`;
const MONTHLY = { amount: 990, currency: 'eur', interval: 'month' };

describe('tiers', () => {
  it('have a code of their own in the brand, in any case, and a price or none', async () => {
    const { brand, tier } = await brandWithTier({ code: 'GOLD', price: MONTHLY, benefits: ['10 % off'] });
    expect(tier).toMatchObject({
      code: 'gold',
      price: { amount: 990, currency: 'EUR', interval: 'month' },
      active: true,
    });
    const again = { name: 'B', code: 'Gold', rank: 2 };
    expectRefusal(await call('POST', tiers(brand), { token: brand.owner.token, body: again }), 409, 'TIER_CODE_TAKEN');
    expect((await brandWithTier({ code: 'gold' })).tier.price).toBeNull();
    const other = await makeTier(brand, { code: 'silver' });
    const taken = await call('PATCH', `${tiers(brand)}/${other.id}`, {
      token: brand.owner.token,
      body: { code: 'gold' },
    });
    expectRefusal(taken, 409, 'TIER_CODE_TAKEN');
  });

  it('are public while they are active; the team sees the others too', async () => {
    const { brand, tier } = await brandWithTier();
    const staff = await addMember(test, brand, 'staff');
    const path = `${tiers(brand)}/${tier.id}`;
    expect((await call('PATCH', path, { token: staff.token, body: { active: false } })).status).toBe(403);
    expect((await call('PATCH', path, { token: brand.owner.token, body: { active: false } })).status).toBe(200);
    expect((await call('GET', tiers(brand))).body.data).toEqual([]);
    expect((await call('GET', tiers(brand), { token: staff.token })).body.data).toHaveLength(1);
  });

  it.each([
    [{ price: { amount: 0, currency: 'EUR', interval: 'month' } }, 'price.amount'],
    [{ price: { amount: 1.5, currency: 'EUR', interval: 'month' } }, 'price.amount'],
    [{ price: { amount: 2 ** 53, currency: 'EUR', interval: 'month' } }, 'price.amount'],
    [{ price: { amount: '10', currency: 'EUR', interval: 'month' } }, 'price.amount'],
    [{ price: { amount: 1001, currency: 'KWD', interval: 'month' } }, 'price.amount'],
    [{ price: { amount: 10, currency: 'EURO', interval: 'month' } }, 'price.currency'],
    [{ price: { amount: 10, currency: 'EUR', interval: 'week' } }, 'price.interval'],
    [{ price: { amount: 10, currency: 'EUR' } }, 'price.interval'],
    [{ rank: -1 }, 'rank'],
    [{ code: 'a b' }, 'code'],
  ])('refuse %j', async (change, field) => {
    const brand = await createBrand(test);
    const body = { name: 'X', code: 'x', rank: 1, ...change };
    const answer = await call('POST', tiers(brand), { token: brand.owner.token, body });
    expectRefusal(answer, 400, 'VALIDATION_ERROR');
    expect(answer.body.error.errors[0].field).toBe(field);
  });
});

describe('joining', () => {
  it('takes the free tier of the lowest rank at once, and tells so once', async () => {
    const { brand } = await brandWithTier({ code: 'paid', rank: 0, price: MONTHLY });
    await makeTier(brand, { code: 'points', rank: 1, pointsThreshold: 100 });
    const basic = await makeTier(brand, { code: 'basic', rank: 2 });
    await makeTier(brand, { code: 'better', rank: 3 });
    const { token } = await register(test);
    const joined = await call('POST', member(brand, 'join'), { token });
    expect(joined.status, joined.text).toBe(201);
    const { id } = joined.body.data;
    expect(joined.body.data).toMatchObject({ tier: basic, status: 'active', points: 0, expiresAt: null });
    expect(joined.body.data.tenant).toEqual({ name: 'Brand', subdomain: brand.subdomain, logoUrl: null });
    const status = await call('GET', member(brand, 'status'), { token });
    expect(status.body.data).toEqual({ member: true, membership: joined.body.data });
    expect((await call('GET', 'memberships/user', { token })).body.data).toEqual([joined.body.data]);
    expectRefusal(await call('POST', member(brand, 'join'), { token }), 409, 'ALREADY_JOINED');
    const events = await eventsOf(brand.tenantId);
    expect(events).toMatchObject([{ type: 'membership.created', sequence: 1, data: { id } }]);
  });

  it('refuses a tier with a price, one by points, one that is inactive, unknown or of another brand', async () => {
    const { brand, tier: paid } = await brandWithTier({ code: 'paid', price: MONTHLY });
    const points = await makeTier(brand, { code: 'points', pointsThreshold: 5 });
    const inactive = await makeTier(brand, { code: 'inactive', active: false });
    const { tier: foreign } = await brandWithTier();
    const { token } = await quickPerson(test);
    const cases = [
      [paid.id, 'TIER_NOT_FREE'],
      [points.id, 'TIER_BY_POINTS'],
      [inactive.id, 'TIER_UNKNOWN'],
      [foreign.id, 'TIER_UNKNOWN'],
      [undefined, 'TIER_UNKNOWN'],
    ];
    for (const [tierId, code] of cases) {
      expectRefusal(await call('POST', member(brand, 'join'), { token, body: { tierId } }), 409, code);
    }
    expect((await call('GET', member(brand, 'status'), { token })).body.data).toEqual({
      member: false,
      membership: null,
    });
    expect(await eventsOf(brand.tenantId)).toHaveLength(0);
  });

  it('fifty times at once makes one member', async () => {
    const { brand } = await brandWithTier();
    const { token } = await quickPerson(test);
    const answers = await Promise.all(Array.from({ length: 50 }, () => call('POST', member(brand, 'join'), { token })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ body }) => body.error?.code === 'ALREADY_JOINED')).toHaveLength(49);
    expect(await eventsOf(brand.tenantId)).toHaveLength(1);
  });
});

describe('an API key', () => {
  it('asks for the state of a customer of its own brand', async () => {
    const { brand } = await brandWithTier();
    const { token, userId } = await quickPerson(test);
    await call('POST', member(brand, 'join'), { token });
    const made = await call('POST', 'auth/api-keys', {
      token: brand.owner.token,
      body: { name: 'k', scopes: ['read'] },
    });
    const ask = (query: string, bearer: string, at = brand) =>
      call('GET', `${member(at, 'status')}?${query}`, { token: bearer });
    const { key } = made.body.data;
    expect((await ask(`userId=${userId}`, key)).body.data).toMatchObject({
      member: true,
      membership: { status: 'active' },
    });
    expect((await ask(`userId=${brand.owner.userId}`, key)).body.data).toEqual({ member: false, membership: null });
    expectRefusal(await ask('', key), 400, 'VALIDATION_ERROR');
    expectRefusal(await ask(`userId=${userId}`, key, await createBrand(test)), 403, 'FORBIDDEN');
    expectRefusal(await ask(`userId=${brand.owner.userId}`, token), 403, 'FORBIDDEN');
    expect((await ask(`userId=${userId}`, token)).status).toBe(200);
  });
});

describe('leaving', () => {
  it('ends the membership at once, and who returns has the points of then', async () => {
    const { brand } = await brandWithTier();
    const { token, userId } = await quickPerson(test);
    expectRefusal(await call('POST', member(brand, 'leave'), { token }), 409, 'NOT_JOINED');
    const { id } = (await call('POST', member(brand, 'join'), { token })).body.data;
    await sql`update memberships set points = 70 where user_id = ${userId}`;
    expect((await call('POST', member(brand, 'leave'), { token })).body.data).toMatchObject({ id, status: 'canceled' });
    expect((await call('GET', member(brand, 'status'), { token })).body.data.member).toBe(false);
    expectRefusal(await call('POST', member(brand, 'leave'), { token }), 409, 'NOT_JOINED');
    const back = await call('POST', member(brand, 'join'), { token });
    expect(back.body.data).toMatchObject({ id, status: 'active', points: 70, expiresAt: null });
    const told = (await eventsOf(brand.tenantId)).map(({ type, sequence }) => `${sequence} ${type}`);
    expect(told).toEqual(['1 membership.created', '2 membership.canceled', '3 membership.created']);
  });

  it('is refused while a subscription pays', async () => {
    const { brand } = await brandWithTier();
    const { token, userId } = await quickPerson(test);
    await call('POST', member(brand, 'join'), { token });
    await sql`update memberships set subscription_id = 'sub_1' where user_id = ${userId}`;
    expectRefusal(await call('POST', member(brand, 'leave'), { token }), 409, 'SUBSCRIPTION_RUNS');
  });
});

describe('a membership that runs out', () => {
  it('is expired from that instant on, and the job writes it down once', async () => {
    const { brand } = await brandWithTier();
    const { token, userId } = await quickPerson(test);
    await call('POST', member(brand, 'join'), { token });
    const end = new Date('2026-12-01T00:00:00.000Z');
    await sql`update memberships set expires_at = ${end}, ends_at = ${end} where user_id = ${userId}`;
    const at = async (ms: number) => {
      const headers = { 'x-test-clock': new Date(end.getTime() + ms).toISOString() };
      const { member: isMember, membership } = (await call('GET', member(brand, 'status'), { token, headers })).body
        .data;
      return [isMember, membership.status];
    };
    // The access token ends long before: a new clock needs a new session.
    await sql`update sessions set expires_at = '2027-12-01' where user_id = ${userId}`;
    const { sessionId } = (await sql`select id as "sessionId" from sessions where user_id = ${userId}`)[0] as any;
    const signed = test.app.signAccessToken({ userId, sessionId, issuedAt: new Date(end.getTime() - 60_000) });
    const states = await Promise.all(
      [-1, 0].map(async (ms) => {
        const headers = { 'x-test-clock': new Date(end.getTime() + ms).toISOString() };
        const { data } = (await call('GET', member(brand, 'status'), { token: signed, headers })).body;
        return [data.member, data.membership.status];
      }),
    );
    expect(states).toEqual([
      [true, 'active'],
      [false, 'expired'],
    ]);
    expect(await at(-1e9)).toEqual([true, 'active']);
    const clock = { now: () => new Date(end.getTime() + 1) };
    expect(await expireMemberships({ ...test.deps, clock })).toBe(1);
    expect(await expireMemberships({ ...test.deps, clock })).toBe(0);
    const [, updated] = await eventsOf(brand.tenantId);
    expect(updated).toMatchObject({ type: 'membership.updated', sequence: 2, data: { status: 'expired' } });
    expect((await call('POST', member(brand, 'join'), { token })).status).toBe(201);
  });
});

describe('the members of a brand', () => {
  it('are listed for its team, filtered by tier, status and the beginning of a name or address', async () => {
    const { brand, tier } = await brandWithTier();
    const other = await makeTier(brand, { code: 'other', rank: 9 });
    const staff = await addMember(test, brand, 'staff');
    const [ada, grace] = [await quickPerson(test, 'Ada'), await quickPerson(test, 'Grace')];
    await call('POST', member(brand, 'join'), { token: ada.token });
    await call('POST', member(brand, 'join'), { token: grace.token, body: { tierId: other.id } });
    await call('POST', member(brand, 'leave'), { token: grace.token });
    const path = `memberships/tenant/${brand.tenantId}/members`;
    const list = async (query: string) => {
      const answer = await call('GET', `${path}?${query}`, { token: staff.token });
      return answer.body.data.map(({ name }: any) => name);
    };
    expect(await list('')).toEqual(['Ada', 'Grace']);
    expect(await list(`tierId=${tier.id}`)).toEqual(['Ada']);
    expect(await list('status=canceled')).toEqual(['Grace']);
    expect(await list('q=gr')).toEqual(['Grace']);
    expect(await list(`q=${ada.email.slice(0, 12).toUpperCase()}`)).toEqual(['Ada']);
    expect(await list('q=%25')).toEqual([]);
    expect((await call('GET', path, { token: ada.token })).status).toBe(404);
  });
});

describe('points', () => {
  it('are nothing for a stranger, and a ledger with the newest first for a member', async () => {
    const { brand } = await brandWithTier();
    const { token, userId } = await quickPerson(test);
    const path = `tenants/${brand.tenantId}/points`;
    expect((await call('GET', path, { token })).body.data).toEqual({ balance: 0, nextExpiry: null, ledger: [] });
    const { id } = (await call('POST', member(brand, 'join'), { token })).body.data;
    for (const [amount, day] of [
      [10, 1],
      [-4, 2],
    ]) {
      await sql`insert into point_entries (tenant_id, id, membership_id, amount, reason, created_at)
        values (${brand.tenantId}, uuidv7(), ${id}, ${amount ?? 0}, 'adjustment', ${`2026-11-0${day}`})`;
    }
    await sql`update memberships set points = 6 where user_id = ${userId}`;
    const first = await call('GET', `${path}?limit=1`, { token });
    expect(first.body.data).toMatchObject({ balance: 6, ledger: [{ amount: -4, cause: null }] });
    const next = await call('GET', `${path}?limit=1&cursor=${first.body.meta.nextCursor}`, { token });
    expect(next.body.data.ledger).toMatchObject([{ amount: 10 }]);
    expect(next.body.meta.nextCursor).toBeNull();
  });
});
