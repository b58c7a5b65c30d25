import { describe, expect, it } from 'vitest';
import { newId } from '#src/lib/ids.ts';
import { liveCall } from '../support/live-calls.ts';
import { fieldsOf, type Operation, operationsOf, tenantHeader, urlOf, withIds } from '../support/operations.ts';
import type { Person } from '../support/people.ts';
import { quickPerson } from '../support/quick-people.ts';
import { comparable, envelopeFault, expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';
import { createFullBrand, findParams } from '../support/world.ts';

const test = await startTestApp({ RATE_LIMITS: 'off' });
const rows = openRows(test.url);
const operations = operationsOf(test.app);

const mine = await createFullBrand(test);
const foreign = await createFullBrand(test);
const suspended = await createFullBrand(test);
await rows.sql`update tenants set status = 'suspended' where id = ${suspended.tenantId}`;
const stranger = await quickPerson(test, 'stranger');
const strangersParams = await findParams(test, { tenantId: newId(), token: stranger.token });

const isPublic = ({ access }: Operation) => access === 'anyone' || access === 'optional';
const ofTenant = operations.filter(({ params, takesTenantHeader }) => params.includes('tenantId') || takesTenantHeader);
// What any signed-in person may do at a brand that is there, for themselves: joining, buying.
const forCustomers = ofTenant.filter(({ access }) => access === 'user' || access === 'principal');
const secured = ofTenant.filter((operation) => !isPublic(operation) && !forCustomers.includes(operation));
const open = ofTenant.filter(isPublic);
const nobody = { token: undefined };

function withoutProgress(answer: ReturnType<typeof comparable>) {
  return JSON.parse(JSON.stringify(answer, (name, value) => (name === 'progress' ? undefined : value)));
}

type Caller = Pick<Person, 'token'> | { token: undefined };

function callWith(operation: Operation, { token }: Caller, params: Record<string, string>) {
  const body = operation.body && { body: operation.example };
  const headers = tenantHeader(operation, params['tenantId']);
  return test.call(operation.method, urlOf(operation, params), { token, headers, ...body });
}

describe.each([
  { name: 'another brand', brand: foreign },
  { name: 'a suspended brand', brand: suspended },
])('the id of $name (G1)', ({ brand }) => {
  it.each(secured)('$id answers as if it did not exist', async (operation) => {
    const before = await rows.ofTenant(brand.tenantId);
    for (const caller of [stranger, mine.owner, mine.staff]) {
      const answer = await callWith(operation, caller, brand.params);
      const missing = await callWith(operation, caller, { ...brand.params, tenantId: newId() });
      expect(answer.status, answer.text).toBe(404);
      expect(envelopeFault(answer)).toBeNull();
      expect(comparable(answer)).toEqual(comparable(missing));
    }
    expect(await rows.ofTenant(brand.tenantId)).toEqual(before);
  });

  it.each([...secured, ...forCustomers])('$id refuses nobody before it looks', async (operation) => {
    expectRefusal(await callWith(operation, nobody, brand.params), 401, 'UNAUTHORIZED');
    expectRefusal(await callWith(operation, nobody, { ...brand.params, tenantId: newId() }), 401, 'UNAUTHORIZED');
  });

  it.each(open)('$id tells a stranger no more than anybody', async (operation) => {
    const answers = [];
    for (const caller of [nobody, stranger, mine.owner]) {
      const answer = await callWith(operation, caller, brand.params);
      const missing = await callWith(operation, caller, { ...brand.params, tenantId: newId() });
      expectRefusal(missing, 404);
      const isHidden = brand === suspended || answer.status !== 200;
      if (isHidden) expect(comparable(answer)).toEqual(comparable(missing));
      // What is the caller's own about it is nobody else's.
      answers.push(withoutProgress(comparable(answer)));
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });
});

// How often a coupon is used belongs to all: (brand, coupon, at most, claimed, reserved, redeemed, codes).
const COUNTER = /^\([\w-]{36},[\w-]{36},\d*,\d+,\d+,\d+,\d+\)$/;

describe('a brand that is suspended, to customers (G1)', () => {
  it.each(forCustomers)('$id answers as if it did not exist', async (operation) => {
    const before = await rows.ofTenant(suspended.tenantId);
    for (const caller of [stranger, mine.owner]) {
      const answer = await callWith(operation, caller, suspended.params);
      const missing = await callWith(operation, caller, { ...suspended.params, tenantId: newId() });
      expectRefusal(answer, 404);
      expect(comparable(answer)).toEqual(comparable(missing));
    }
    expect(await rows.ofTenant(suspended.tenantId)).toEqual(before);
  });

  it.each(forCustomers)('$id moves nothing that belongs to somebody else', async (operation) => {
    const others = async () =>
      (await rows.ofTenant(foreign.tenantId)).filter((row) => !row.includes(stranger.userId) && !COUNTER.test(row));
    const before = await others();
    await callWith(operation, stranger, foreign.params);
    expect(await others()).toEqual(expect.arrayContaining(before));
  });
});

// A tracking id is the credential itself: whoever has it may read that one status.
const CREDENTIALS = ['tenantId', 'trackingId'];
const cases = operations.flatMap((operation) =>
  operation.params
    .filter((name) => /Id$/.test(name) && !CREDENTIALS.includes(name))
    .map((name) => ({ ...operation, name })),
);
// For platform admins: what Stripe told is forbidden to all others, whether it is there or not.
const OF_PLATFORM = ['listStripeEvents', 'replayStripeEvent', 'setStripeAccount'];
const unknown = (name: string) => (name === 'eventId' ? 'evt_unknown' : newId());

describe("somebody else's object under one's own path (G1)", () => {
  it.each(cases)('$id with another $name', async ({ name, ...operation }) => {
    const before = [await rows.ofTenant(foreign.tenantId), await rows.sql`select id::text, revoked_at from sessions`];
    for (const theirs of [foreign.params[name], strangersParams[name]]) {
      if (theirs === undefined) continue;
      for (const caller of [mine.owner, mine.customer]) {
        const answer = await callWith(operation, caller, { ...mine.params, [name]: theirs });
        const missing = await callWith(operation, caller, { ...mine.params, [name]: unknown(name) });
        const isForbidden = OF_PLATFORM.includes(operation.id);
        if (isForbidden || caller === mine.owner) expectRefusal(answer, isForbidden ? 403 : 404);
        expect(answer.status, answer.text).toBeGreaterThanOrEqual(400);
        expect(comparable(answer)).toEqual(comparable(missing));
      }
    }
    const after = [await rows.ofTenant(foreign.tenantId), await rows.sql`select id::text, revoked_at from sessions`];
    expect(after).toEqual(before);
  });

  it.each(operations.filter(({ id }) => OF_PLATFORM.includes(id)))('$id is forbidden to every brand', async (one) => {
    const hidden = one.params.includes('tenantId') ? 404 : 403;
    for (const caller of [mine.owner, mine.admin]) {
      expectRefusal(await callWith(one, caller, mine.params), 403, 'FORBIDDEN');
    }
    for (const caller of [mine.customer, stranger]) {
      expectRefusal(await callWith(one, caller, mine.params), hidden);
    }
  });

  it('is tried with an existing object for every id that a path takes', () => {
    const names = new Set(operations.flatMap(({ params }) => params));
    expect([...names].filter((name) => !(name in foreign.params))).toEqual([]);
  });
});

/** The fields of a body that name something of ours, at its first level or below. */
function namesIn(example: unknown): string[] {
  return [...JSON.stringify(example ?? {}).matchAll(/"(\w+Id)":/g)].map(([, name = '']) => name);
}

const inBody = operations
  .filter(({ permission }) => !permission?.tenantInBody)
  .flatMap(({ body, example, ...operation }) =>
    [...new Set([...namesIn(example), ...fieldsOf(body)])]
      .filter((name) => /Id$/.test(name) && name in mine.params)
      .map((name) => ({ ...operation, body, example: withIds(example, mine.params), name })),
  );

/** The example with the id in the place of its own, wherever it stands. */
function naming(example: object, name: string, id: string): object {
  return namesIn(example).includes(name) ? withIds(example, { [name]: id }) : { ...example, [name]: id };
}

describe("somebody else's object in a body (G1)", () => {
  it('is tried with brands, products, tiers and stores', () => {
    const names = new Set(inBody.map(({ name }) => name));
    expect([...names]).toEqual(expect.arrayContaining(['tenantId', 'productId', 'tierId', 'storeId']));
  });

  it.each(inBody.filter(({ name }) => name !== 'tenantId'))(
    '$id with another $name',
    async ({ name, ...operation }) => {
      const before = await rows.ofTenant(foreign.tenantId);
      const answers = [];
      for (const id of [foreign.params[name] ?? '', newId()]) {
        const answer = await callWith(
          { ...operation, example: naming(operation.example, name, id) },
          mine.customer,
          mine.params,
        );
        expect(answer.status, answer.text).toBeGreaterThanOrEqual(400);
        expect(envelopeFault(answer)).toBeNull();
        answers.push(JSON.stringify(comparable(answer)).replaceAll(id, 'ID'));
      }
      expect(answers[0]).toBe(answers[1]);
      expect(await rows.ofTenant(foreign.tenantId)).toEqual(before);
    },
  );

  // Where a brand is only told, as at a registration, it is not looked at.
  it.each(inBody.filter(({ name, body }) => name === 'tenantId' && body?.['required']?.includes(name)))(
    '$id of a suspended brand: as of none',
    async (operation) => {
      const before = await rows.ofTenant(suspended.tenantId);
      const callers =
        operation.access === 'optional' ? [nobody, stranger, suspended.owner] : [stranger, suspended.owner];
      for (const caller of callers) {
        const example = withIds(operation.example, suspended.params);
        const answer = await callWith({ ...operation, example }, caller, suspended.params);
        const nowhere = naming(example, 'tenantId', newId());
        const missing = await callWith({ ...operation, example: nowhere }, caller, suspended.params);
        expectRefusal(answer, 404, 'NOT_FOUND');
        expect(comparable(answer)).toEqual(comparable(missing));
      }
      expect(await rows.ofTenant(suspended.tenantId)).toEqual(before);
    },
  );
});

const BELOW = { staff: [], admin: ['staff'], owner: ['staff', 'admin'] } as const;
const ranked = operations.flatMap((operation) =>
  operation.access && operation.access in BELOW
    ? BELOW[operation.access as keyof typeof BELOW].map((role) => ({ ...operation, role }))
    : [],
);

describe('roles', () => {
  it.each(ranked)('$id is refused to $role', async ({ role, ...operation }) => {
    const before = await rows.ofTenant(mine.tenantId);
    expectRefusal(await callWith(operation, mine[role], mine.params), 403, 'FORBIDDEN');
    expect(await rows.ofTenant(mine.tenantId)).toEqual(before);
  });

  it.each(secured.filter(({ method }) => method === 'GET'))(
    '$id is answered to the role it asks for',
    async (operation) => {
      const role = operation.access === 'user' ? 'staff' : (operation.access as 'staff' | 'admin' | 'owner');
      const answer = await callWith(operation, mine[role], mine.params);
      expect(answer.status, answer.text).toBe(200);
    },
  );
});

describe('a suspended brand', () => {
  const changes = [...secured, ...forCustomers].filter(
    ({ method, permission }) => method !== 'GET' && !permission?.whileSuspended,
  );

  it.each(changes)('$id changes nothing in it, not even for its own people', async (operation) => {
    const { brand, url, body, headers, ...live } = await liveCall(test, operation);
    // Platform admins do change it.
    const token = OF_PLATFORM.includes(operation.id) ? brand.owner.token : live.token;
    await rows.sql`update tenants set status = 'suspended' where id = ${brand.tenantId}`;
    const before = await rows.ofTenant(brand.tenantId);
    const answer = await test.call(operation.method, url, { token, headers, ...(body && { body }) });
    expect([403, 404], answer.text).toContain(answer.status);
    expect(envelopeFault(answer)).toBeNull();
    expect(await rows.ofTenant(brand.tenantId)).toEqual(before);
  });
});
