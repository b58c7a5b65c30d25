import type { Sql } from 'postgres';
import type { Device } from '#schemas/referrals.ts';
import { newId } from '#src/lib/ids.ts';
import { quickPerson } from './quick-people.ts';
import type { TestApp } from './test-app.ts';

export type Referrer = { tenantId: string; userId: string; linkId: string };
export type Click = { at: Date; source: string; device: Device; country: string | null; isUnique: boolean };
export type Signup = { at: Date; source: string; status: string };
export type Conversion = Signup & { money: { amount: number; currency: string } | null };
export type Reward = { status: string; points: number; grantedAt: Date | null };

/** Rows as the operations of referrals leave them. */
export function referralRows(sql: Sql) {
  return {
    async referrer(test: TestApp, tenantId: string): Promise<Referrer> {
      const { userId } = await quickPerson(test, 'referrer');
      const linkId = newId();
      await sql`insert into referral_links (tenant_id, id, user_id, created_at)
        values (${tenantId}, ${linkId}, ${userId}, now())`;
      return { tenantId, userId, linkId };
    },

    async click({ tenantId, linkId }: Referrer, { at, source, device, country, isUnique }: Click): Promise<string> {
      const id = newId();
      await sql`insert into referral_clicks
          (tenant_id, id, link_id, visitor_hash, hour_at, is_unique, source, device, country, created_at)
        values (${tenantId}, ${id}, ${linkId}, ${id}, ${at}, ${isUnique}, ${source}, ${device}, ${country}, ${at})`;
      return id;
    },

    /** Of somebody new. */
    async signup({ tenantId, userId, linkId }: Referrer, { at, source, status }: Signup): Promise<string> {
      const [id, referredId] = [newId(), newId()];
      await sql`insert into users (id, email, name, created_at, updated_at)
        values (${referredId}, ${`${referredId}@example.com`}, 'Referred', now(), now())`;
      await sql`insert into referrals (tenant_id, id, link_id, referrer_id, referred_id, status, model, window_days, touches,
          findings, source, created_at)
        values (${tenantId}, ${id}, ${linkId}, ${userId}, ${referredId}, ${status}, 'last_click', 90, '[]', '[]', ${source}, ${at})`;
      return id;
    },

    async conversion(referralId: string, { at, source, status, money }: Conversion): Promise<string> {
      const id = newId();
      await sql`insert into referral_conversions (tenant_id, id, referral_id, link_id, referrer_id, referred_id, event,
          status, findings, amount, currency, source, reversed_at, created_at)
        select tenant_id, ${id}, id, link_id, referrer_id, referred_id, 'purchase', ${status}, '[]', ${money?.amount ?? null},
          ${money?.currency ?? null}, ${source}, ${status === 'reversed' ? at : null}, ${at} from referrals where id = ${referralId}`;
      return id;
    },

    async reward(conversionId: string, { status, points, grantedAt }: Reward): Promise<string> {
      const id = newId();
      await sql`insert into referral_rewards (tenant_id, id, referral_id, conversion_id, user_id, side, status, gifts, points,
          due_at, granted_at, reversed_at, created_at)
        select tenant_id, ${id}, referral_id, id, referrer_id, 'referrer', ${status}, '[]', ${points}, created_at, ${grantedAt},
          ${status === 'reversed' ? grantedAt : null}, created_at from referral_conversions where id = ${conversionId}`;
      return id;
    },
  };
}
