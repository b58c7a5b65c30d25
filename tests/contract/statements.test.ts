import { beforeAll, describe, expect, it } from 'vitest';
import { workBehindCalls } from '../support/behind-calls.ts';
import { liveCall } from '../support/live-calls.ts';
import { operationsOf } from '../support/operations.ts';
import { openRows } from '../support/rows.ts';
import { isBoundToTenant, tablesOf } from '../support/sql-text.ts';
import { startTestApp } from '../support/test-app.ts';
import { createFullBrand } from '../support/world.ts';

const test = await startTestApp();
const { sql } = openRows(test.url);

// Without api_keys: a request shows only the key, which is found by its hash in a global table.
const tenantTables: string[] = (
  await sql`select distinct table_name as name from information_schema.columns
    where table_schema = 'public' and column_name = 'tenant_id' and table_name <> 'api_keys'`
).map(({ name }) => name);

/** The questions across tenants, one line each. */
const ACROSS_TENANTS = [
  // On whose teams is this user, and which of them does the call mean?
  /^select "tenant_id", "role" from "tenant_members" where "tenant_members"."user_id" = \$1 /,
  /left join "tenant_members" on "tenant_members"."user_id" = "sessions"."user_id" left join/,
  // The tenant is the key's own: it comes with the row that the hash finds.
  / from "api_keys" inner join .* where "api_keys"."key_hash" = any\(\(select \$\d+::text\[\]\)::text\[\]\)$/,
  // A person's memberships and payments in all brands.
  / from "memberships" .*where \("memberships"."user_id" = \$1 /,
  / from "payments" where \("payments"."user_id" = \$1 and \("payments"."created_at", /,
  / from "crypto_credits" where \("crypto_credits"."user_id" = \$1 and \("crypto_credits"."created_at", /,
  / from "files" where \("files"."owner_id" = \$1 and \("files"."status" = 'ready' /,
  / from "files" where \("files"."owner_id" = \$1 and "files"."status" <> 'deleting'\) /,
  / from "coupon_claims" where \("coupon_claims"."user_id" = \$1 and \("coupon_claims"."claimed_at", /,
  / from "referral_rewards" where \("referral_rewards"."user_id" = \$1 and \("referral_rewards"."created_at", /,
  // A link of the caller's own; and a code, which is one in the whole service.
  / from "referral_links" where \("referral_links"."user_id" = \$1 and "referral_links"."id" = \$2\) for update$/,
  / from "referral_codes" inner join .* where "referral_codes"."code" = \$1$/,
  // What is named by its own id alone: who may see it is judged by the row.
  / from "payments" where "payments"."id" = \$1$/,
  / from "refunds" where "refunds"."id" = \$1$/,
  / from "subscriptions" where "subscriptions"."id" = \$1$/,
  / from "crypto_quotes" where "crypto_quotes"."id" = \$1$/,
  // What the processor tells names its own objects.
  / from "payments" where "payments"."intent_id" = \$1$/,
  / from "subscriptions" where "subscriptions"."card_subscription_id" = \$1$/,
  // What a job looks at, in any brand.
  / from "referral_rewards" inner join "tenants" .*"referral_rewards"."due_at" <= \$1\) /,
  /^select distinct .* from \(select "tenant_id", "coupon_id" from "coupon_claims" where /,
  / from "memberships" where \("memberships"."status" in /,
  / from "memberships" where "memberships"."lent_until" <= \$1 /,
  / from "quest_counts" inner join "events" .* where \("quest_counts"."status" = 'pending' /,
  / from "memberships" where "memberships"."points_expire_at" <= \$1 /,
  / from "memberships" where "memberships"."tier_falls_at" <= \$1 /,
  /^\s*with "picked" as .* from "leaderboard_scores"\s.* for update skip locked/s,
  /^\s*with "picked" as .* from "referral_activity"\s.* for update skip locked/s,
  /^\s*with "old" as .* from "leaderboard_buckets"\s+where "period" <> 'all' and "starts_on" < /s,
  / from "code_batches" where \("code_batches"."status" in /,
  / from "coupon_claims" where \("coupon_claims"."redeemed_at" > \$1 .* group by /,
  /^update "payments" set "check_at" = \$1 where .* for update skip locked\) returning /s,
  /^update "refunds" set "check_at" = \$1 where .* for update skip locked\) returning /s,
  /^update "files" set "status" = case .* for update skip locked\) returning /s,
  / from "files" where \(\("files"."tenant_id", "files"."id"\) > /,
  /^update "subscriptions" set "check_at" = \$1 where .* for update skip locked\) returning /s,
  // What a block of a chain has for whichever brand.
  /^select "tenant_id", "id", "check_block" from "crypto_payments" where \("crypto_payments"."chain_id" = \$1 and "crypto_payments"."check_block" <= /,
  /^update "crypto_payments" set "is_watched" = \$1, .*"monitor_until" <= /,
  /^select "id" from "crypto_payments" where \("crypto_payments"."chain_id" = \$1 and "crypto_payments"."is_watched"\) limit /,
  / from "crypto_payments" where .*"crypto_payments"."address" = any\(/,
  / from "crypto_settings" where "crypto_settings"."address" = any\(/,
  /^update "crypto_payments" set "check_block" = .* in \(select \* from unnest\(/,
  /^update "crypto_payments" set "is_watched" = .* in \(select \* from unnest\(/s,
  /^update "crypto_payments" set "check_block" = .* and "crypto_payments"."check_block" > /,
  /^update "crypto_transfers" set "reversed_at" = /,
  /^update "crypto_refunds" set "missing_at" = /,
  / from "crypto_refunds" where \("crypto_refunds"."chain_id" = \$1 and "crypto_refunds"."missing_at" is not null /,
  /^update "stripe_coupons" set "check_at" = \$1 where .* for update skip locked\) returning /s,
];

/** The one key that is unique over all brands: `GET /r/:code` names none. */
const SERVICE_WIDE = 'referral_codes_code_key';

let statements: string[];

beforeAll(async () => {
  for (const operation of operationsOf(test.app)) {
    const { url, token, body, headers } = await liveCall(test, operation);
    const answer = await test.call(operation.method, url, { token, headers, ...(body && { body }) });
    expect(answer.status, `${operation.id}: ${answer.text}`).toBeLessThan(300);
  }
  const { owner } = await createFullBrand(test);
  const made = await test.call('POST', 'auth/api-keys', {
    token: owner.token,
    body: { name: 'Key', scopes: ['read'], credits: { remaining: 1 } },
  });
  for (const status of [200, 402]) {
    const verified = await test.call('GET', 'auth/verify', { token: made.body.data.key });
    expect(verified.status, verified.text).toBe(status);
  }
  const keys = `auth/api-keys/${made.body.data.apiKey.id}`;
  const freed = await test.call('PATCH', keys, { token: owner.token, body: { credits: null } });
  expect(freed.status, freed.text).toBe(200);
  await workBehindCalls(test);
  await test.deps.usage.flush();
  const failed = await test.call('POST', 'auth/login', { body: { email: 'nobody@example.com', password: 'x' } });
  expect(failed.status).toBe(401);
  statements = [...new Set(test.statements)];
}, 240_000);

describe('tenant tables', () => {
  it('are the ones that the schema has', () => {
    expect(tenantTables).toEqual(expect.arrayContaining(['stores', 'tenant_invitations', 'tenant_members']));
  });

  it('lead every primary key, unique key and foreign key among themselves with the tenant', async () => {
    const keys = await sql`
      select c.conrelid::regclass::text as table, c.conname as name, c.confrelid::regclass::text as other,
        (select attname from pg_attribute where attrelid = c.conrelid and attnum = c.conkey[1]) as first
      from pg_constraint c where c.contype in ('p', 'u', 'f') and c.conrelid::regclass::text = any(${tenantTables})
      union all
      select i.indrelid::regclass::text, i.indexrelid::regclass::text, '-', pg_get_indexdef(i.indexrelid, 1, true)
      from pg_index i where i.indisunique and i.indrelid::regclass::text = any(${tenantTables})`;
    const wrong = keys.filter(
      ({ name, first, other }) =>
        first !== 'tenant_id' && name !== SERVICE_WIDE && (other === '-' || tenantTables.includes(other)),
    );
    expect(wrong).toEqual([]);
    expect(keys.length).toBeGreaterThan(tenantTables.length * 2);
  });

  it('are never touched without the tenant', () => {
    const touching = statements.flatMap((text) =>
      tablesOf(text).flatMap((table) => (tenantTables.includes(table) ? [{ text, table }] : [])),
    );
    for (const table of tenantTables) expect(touching.map((one) => one.table)).toContain(table);
    const free = touching.filter(({ text, table }) => !isBoundToTenant(text, table)).map(({ text }) => text);
    expect(free.filter((text) => !ACROSS_TENANTS.some((one) => one.test(text)))).toEqual([]);
    expect(ACROSS_TENANTS.map((one) => new Set(free.filter((text) => one.test(text))).size)).toEqual(
      ACROSS_TENANTS.map(() => 1),
    );
  });

  it.each([
    [true, 'select 1 from "stores" where "stores"."tenant_id" = $1'],
    [
      true,
      'select 1 from "stores" inner join "tenants" on "tenants"."id" = "stores"."tenant_id" where "tenants"."id" = $1',
    ],
    [true, 'insert into "stores" ("tenant_id", "id") values ($1, $2)'],
    [true, 'update "stores" set "name" = $1 where ("stores"."tenant_id" = $2 and "stores"."id" = $3)'],
    [false, 'select "tenant_id" from "stores" where "stores"."id" = $1'],
    [
      false,
      'select 1 from "stores" inner join "tenants" on "tenants"."id" = "stores"."tenant_id" where "stores"."id" = $1',
    ],
    [false, 'select 1 from "stores" where ("stores"."tenant_id" = $1 or "stores"."active")'],
    [false, 'select 1 from "stores" where not "stores"."tenant_id" = $1'],
    [false, 'select 1 from "stores" where "stores"."tenant_id" <> $1'],
    [true, 'with "a" as (insert into "stores" ("tenant_id", "id") select $1, $2 from "b") select * from "a"'],
    [
      true,
      'with "a" as (insert into "stores" ("tenant_id") select $1) select 1 from "stores" where "stores"."tenant_id" = $2',
    ],
    [false, 'insert into "stores" ("id") values ($1)'],
    [false, 'with "a" as (insert into "stores" ("id") select $1 from "b") select * from "a"'],
    [false, 'with "a" as (insert into "stores" ("tenant_id") select $1) select 1 from "stores"'],
    [
      false,
      'with "a" as (insert into "stores" ("id") select $1) select 1 from "stores" where "stores"."tenant_id" = $2',
    ],
    [false, 'update "stores" set "tenant_id" = $1 where "stores"."id" = $2'],
    [false, 'delete from "stores" where "stores"."id" = $1'],
  ])('are told apart: %s for %s', (isBound, text) => {
    expect(tablesOf(text)).toContain('stores');
    expect(isBoundToTenant(text, 'stores')).toBe(isBound);
  });
});

describe('plans', () => {
  const isUtility = (text: string) => tablesOf(text).length === 0 || /\bdrizzle\./.test(text);

  it('read every table through an index', async () => {
    const slow: string[] = [];
    const planned = statements.filter((text) => !isUtility(text));
    await sql.begin(async (tx) => {
      await tx`set local enable_seqscan = off`;
      for (const text of planned) {
        for (const scan of scansOf(await plan(tx, text))) if (!scan.isIndexed) slow.push(`${scan.type}: ${text}`);
      }
    });
    expect(slow).toEqual([]);
    expect(planned.length).toBeGreaterThan(30);
  });

  it('would show a scan that finds no index', async () => {
    await sql.begin(async (tx) => {
      await tx`set local enable_seqscan = off`;
      const texts = ['select * from users where name = $1', 'select * from stores where id = $1'];
      for (const text of [...texts, 'select * from tenants order by subdomain limit $1']) {
        expect(
          scansOf(await plan(tx, text)).map(({ isIndexed }) => isIndexed),
          text,
        ).toEqual([false]);
      }
    });
  });
});

const leading: Record<string, string> = Object.fromEntries(
  (
    await sql`select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid, 1, true) as first from pg_index`
  ).map(({ name, first }) => [name, first]),
);

type Plan = {
  'Node Type': string;
  'Index Cond'?: string;
  'Index Name'?: string;
  'Relation Name'?: string;
  Plans?: Plan[];
};

async function plan(tx: { unsafe: typeof sql.unsafe }, text: string): Promise<Plan> {
  // Without parameters, so that the plan is the one of the prepared statement.
  const [row] = await tx.unsafe(`explain (generic_plan, format json) ${text}`).simple();
  return row?.['QUERY PLAN'][0].Plan;
}

/** An index that is walked from end to end, without its leading column in the condition, is no better than the table. */
function scansOf(node: Plan): { type: string; isIndexed: boolean }[] {
  const { 'Node Type': type, 'Index Cond': condition = '', 'Index Name': index = '', Plans: below = [] } = node;
  const isScan = /Scan$/.test(type) && (index !== '' || node['Relation Name']) && type !== 'Bitmap Heap Scan';
  const isIndexed = index !== '' && new RegExp(`\\b${leading[index]}\\b`).test(condition);
  return [...(isScan ? [{ type, isIndexed }] : []), ...below.flatMap(scansOf)];
}
