import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { insertSession } from '#db/queries/sessions.ts';
import { insertTeamMember } from '#db/queries/team.ts';
import { insertUser } from '#db/queries/users.ts';
import type { TenantRole } from '#schemas/team.ts';
import { newId } from '#src/lib/ids.ts';
import { CARDS, connectWebhooks, told } from './payments.ts';
import { openRows } from './rows.ts';
import { type Answer, startTestApp, type TestApp } from './test-app.ts';

export type Who = { userId: string; sessionId: string };
export type Club = { tenantId: string; owner: Who };
export type Tier = { id: string; tenantId: string; price: { amount: number; currency: string; interval: string } };
/** Somebody with a subscription. */
export type Subscriber = { who: Who; id: string; tier: Tier; clientSecret: string | null };
export type Clubs = Awaited<ReturnType<typeof openClubs>>;

const DAY_SECONDS = 86_400;
const NEVER = new Date('2200-01-01T00:00:00Z');
export const MONTHLY = { amount: 1000, currency: 'EUR', interval: 'month' };

/**
 * The application on the sandbox's clock, which tests advance: what falls due there is due here too. Signatures alone are
 * stamped with real time.
 */
export function followSandbox({ deps, sandbox }: TestApp): void {
  const { cards } = deps;
  deps.clock = {
    now: () => {
      const real = Date.now();
      return new Date(real + (sandbox.control.now() - Math.floor(real / 1000)) * 1000);
    },
  };
  deps.cards = { ...cards, readEvent: (input) => cards.readEvent({ ...input, now: new Date() }) };
}

/** Brands with tiers and subscribers, and a clock that tests advance. */
export async function openClubs({ isConnected = true }: { isConnected?: boolean } = {}) {
  const test = await startTestApp();
  followSandbox(test);
  if (isConnected) await connectWebhooks(test);
  const { sql } = openRows(test.url);
  const people = peopleOf(test);
  const brands = brandsOf(test, people);
  const processor = processorOf(test, sql);
  const basics = { ...people, ...brands, ...processor, ...readsOf({ ...people, sql }), ...flowsOf(test, people) };
  return { test, sql, ...basics, ...changesOf(basics) };
}

type Sql = ReturnType<typeof openRows>['sql'];
type People = ReturnType<typeof peopleOf>;
type Asking = { body?: object; headers?: Record<string, string> };

function peopleOf(test: TestApp) {
  const { deps, app } = test;
  const person = async (name = 'member'): Promise<Who> => {
    const [now, userId, sessionId] = [deps.clock.now(), newId(), newId()];
    const email = `${name}-${randomUUID()}@example.com`;
    await insertUser(deps.db, { id: userId, email, name, createdAt: now, updatedAt: now });
    await insertSession(deps.db, {
      id: sessionId,
      userId,
      userAgent: null,
      ipAddress: '127.0.0.1',
      now,
      expiresAt: NEVER,
    });
    return { userId, sessionId };
  };
  /** A token lives for minutes, a test for months: each call gets one of its own. */
  const tokenOf = (who: Who) => app.signAccessToken({ ...who, issuedAt: deps.clock.now() });
  const ask = (who: Who, method: string, path: string, { body, headers }: Asking = {}): Promise<Answer> =>
    test.call(method, path, { token: tokenOf(who), ...(body !== undefined && { body }), ...(headers && { headers }) });
  return { person, tokenOf, ask };
}

function brandsOf(test: TestApp, { person, ask }: People) {
  const data = async (answering: Promise<Answer>) => {
    const answer = await answering;
    expect(answer.status, answer.text).toBeLessThan(300);
    return answer.body.data;
  };
  const club = async (fields: object = {}): Promise<Club> => {
    const owner = await person('owner');
    const subdomain = `c${randomUUID().slice(0, 18)}`;
    const { id: tenantId } = await data(ask(owner, 'POST', 'tenants', { body: { name: 'Club', subdomain } }));
    if (Object.keys(fields).length > 0) await data(ask(owner, 'PATCH', `tenants/${tenantId}`, { body: fields }));
    return { tenantId, owner };
  };
  const tierIn = ({ tenantId, owner }: Club, fields: object = {}): Promise<Tier> => {
    const body = { name: 'Gold', code: `t${randomUUID().slice(0, 8)}`, rank: 10, price: MONTHLY, ...fields };
    return data(ask(owner, 'POST', `memberships/tenant/${tenantId}/tiers`, { body }));
  };
  const changeTierOf = ({ tenantId, owner }: Club, tierId: string, body: object) =>
    data(ask(owner, 'PATCH', `memberships/tenant/${tenantId}/tiers/${tierId}`, { body }));
  const teamMember = async ({ tenantId }: Club, role: TenantRole): Promise<Who> => {
    const who = await person(role);
    await insertTeamMember(test.deps.db, { tenantId, userId: who.userId, role, joinedAt: test.deps.clock.now() });
    return who;
  };
  const clubWithTier = async (fields: object = {}, brand: object = {}) => {
    const made = await club(brand);
    return { club: made, tier: await tierIn(made, fields) };
  };
  return { data, club, tierIn, clubWithTier, changeTierOf, teamMember };
}

function processorOf(test: TestApp, sql: Sql) {
  const { sandbox, deps } = test;
  const { stripe } = sandbox;
  /** How the processor itself shows the subscription. */
  const atProcessor = async ({ id }: { id: string }) => {
    const [row] = await sql`select card_subscription_id as card, account from subscriptions where id = ${id}`;
    const options = row?.['account'] ? { stripeAccount: String(row['account']) } : {};
    const subscription = await stripe.subscriptions.retrieve(String(row?.['card']), {}, options);
    return { subscription, options, customer: String(subscription.customer), cardId: subscription.id };
  };
  /** Everything that the processor has to tell is told, and applied. */
  const settle = async () => {
    await told(test);
    const stuck = await sql`select type, status, error from stripe_events where status in ('pending', 'failed')`;
    expect(stuck).toEqual([]);
  };
  const advance = async (by: { days?: number; hours?: number; to?: Date }) => {
    const { to, ...rest } = by;
    const answer = await sandbox.call('clock/advance', to ? { to: Math.ceil(to.getTime() / 1000) } : rest);
    expect(answer.error).toBeUndefined();
  };
  return {
    stripe,
    atProcessor,
    settle,
    advance,
    /** To the end of the period that runs, and what is told then. */
    toPeriodEnd: async (subscriber: { id: string }) => {
      const { subscription } = await atProcessor(subscriber);
      await advance({ to: new Date((subscription.items.data[0]?.current_period_end ?? 0) * 1000) });
      await settle();
    },
    decline: async (subscriber: { id: string }, count = 1) => {
      const { customer } = await atProcessor(subscriber);
      await sandbox.call('charges/decline-next', { count, customer, decline_code: 'insufficient_funds' });
    },
    subscriptionsOf: async ({ userId }: Who) => {
      const found = await sql`select customer_id, account from stripe_customers where user_id = ${userId}`;
      const lists = found.map(({ customer_id: customer, account }) =>
        stripe.subscriptions.list({ customer, status: 'all' }, account ? { stripeAccount: account } : {}),
      );
      return (await Promise.all(lists)).flatMap(({ data }) => data);
    },
    inDays: (days: number, from = deps.clock.now()) => new Date(from.getTime() + days * DAY_SECONDS * 1000),
  };
}

function readsOf({ ask, sql }: Pick<People, 'ask'> & { sql: Sql }) {
  return {
    read: async ({ who, id }: Pick<Subscriber, 'who' | 'id'>) => {
      const answer = await ask(who, 'GET', `stripe/subscriptions/${id}`);
      expect(answer.status, answer.text).toBe(200);
      return answer.body.data;
    },
    membershipOf: async (who: Who, tenantId: string) => {
      const answer = await ask(who, 'GET', `tenants/${tenantId}/membership/status`);
      expect(answer.status, answer.text).toBe(200);
      return answer.body.data;
    },
    /** Oldest first. */
    paymentsOf: async (who: Who) => {
      const answer = await ask(who, 'GET', 'payments?limit=100');
      expect(answer.status, answer.text).toBe(200);
      return answer.body.data.toReversed();
    },
    eventsOf: async (tenantId: string): Promise<string[]> =>
      (await sql`select type from events where tenant_id = ${tenantId} order by position`).map(({ type }) => type),
  };
}

type Subscribing = Asking & { key?: string };

function flowsOf(test: TestApp, { person, ask }: People) {
  const subscribe = (
    who: Who,
    { id: tierId, tenantId }: Pick<Tier, 'id' | 'tenantId'>,
    { key, body }: Subscribing = {},
  ) =>
    ask(who, 'POST', 'stripe/subscribe', {
      body: { tenantId, tierId, ...body },
      ...(key && { headers: { 'idempotency-key': key } }),
    });
  const begun = async (tier: Tier, who?: Who): Promise<Subscriber> => {
    const by = who ?? (await person());
    const answer = await subscribe(by, tier);
    expect(answer.status, answer.text).toBe(201);
    const { subscriptionId: id, clientSecret } = answer.body.data;
    return { who: by, id, tier, clientSecret };
  };
  /** What a browser does with the secret of a payment or of a trial's card, on the account that it belongs to. */
  const pay = ({ clientSecret }: { clientSecret: string | null }, card: string = CARDS.visa, account?: string) => {
    const secret = clientSecret ?? '';
    const [id = ''] = secret.split('_secret_');
    const area = id.startsWith('seti_') ? 'setup_intents' : 'payment_intents';
    const where: Record<string, string> = account ? { _stripe_account: account } : {};
    const fields = { client_secret: secret, payment_method: card, return_url: 'http://shop.example/done', ...where };
    return test.sandbox.browser(`/v1/${area}/${id}/confirm`, fields);
  };
  const paid = async (tier: Tier, who?: Who): Promise<Subscriber> => {
    const subscriber = await begun(tier, who);
    expect((await pay(subscriber)).status).toBe(200);
    await told(test);
    return subscriber;
  };
  return { subscribe, begun, pay, paid };
}

export const eur = (amount: number, interval = 'month') => ({ price: { amount, currency: 'EUR', interval } });

type Basics = Pick<People, 'ask'> &
  Pick<ReturnType<typeof brandsOf>, 'clubWithTier' | 'tierIn'> &
  Pick<ReturnType<typeof processorOf>, 'advance' | 'settle'> &
  Pick<ReturnType<typeof readsOf>, 'read'> &
  Pick<ReturnType<typeof flowsOf>, 'paid'>;

function changesOf({ ask, clubWithTier, tierIn, advance, settle, read, paid }: Basics) {
  const pathOf = ({ id }: Pick<Subscriber, 'id'>) => `stripe/subscriptions/${id}/change`;
  return {
    change: (subscriber: Subscriber, tierId: string, { who, key }: { who?: Who; key?: string } = {}) =>
      ask(who ?? subscriber.who, 'POST', pathOf(subscriber), {
        body: { tierId },
        ...(key && { headers: { 'idempotency-key': key } }),
      }),
    preview: (subscriber: Subscriber, tierId: string, who = subscriber.who) =>
      ask(who, 'GET', `${pathOf(subscriber)}?tierId=${tierId}`),
    /** A subscriber in the middle of the first period, and a tier at three times the price. */
    halfWay: async () => {
      const { club, tier } = await clubWithTier();
      const better = await tierIn(club, { rank: 20, ...eur(3000) });
      const subscriber = await paid(tier);
      const { currentPeriodStart, currentPeriodEnd } = (await read(subscriber)).subscription;
      await advance({ to: new Date((Date.parse(currentPeriodStart) + Date.parse(currentPeriodEnd)) / 2) });
      await settle();
      return { club, tier, better, subscriber };
    },
    /** The brand's owner gives a payment back, or a part of it. */
    refund: async ({ owner }: Club, { id }: { id: string }, body: object = {}) => {
      const answer = await ask(owner, 'POST', `payments/refund/${id}`, { body });
      expect(answer.status, answer.text).toBe(201);
      await settle();
      return answer.body.data.refund;
    },
  };
}
