import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { referralCampaigns, referralCodes, referralLinks, referralProgrammes } from '../schema/referrals.ts';
import { tenants } from '../schema/tenants.ts';
import { users } from '../schema/users.ts';

export type LinkRow = typeof referralLinks.$inferSelect;
export type CodeRow = typeof referralCodes.$inferSelect;

const byCode = prepared((db) =>
  db
    .select({
      link: referralLinks,
      code: referralCodes.code,
      programme: referralProgrammes,
      campaign: referralCampaigns,
      tenant: {
        id: tenants.id,
        name: tenants.name,
        subdomain: tenants.subdomain,
        customDomain: tenants.customDomain,
        timezone: tenants.timezone,
      },
      referrer: { name: users.name, email: users.email },
    })
    .from(referralCodes)
    .innerJoin(
      referralLinks,
      and(eq(referralLinks.tenantId, referralCodes.tenantId), eq(referralLinks.id, referralCodes.linkId)),
    )
    .innerJoin(tenants, and(eq(tenants.id, referralCodes.tenantId), sql`${tenants.status} <> 'suspended'`))
    .innerJoin(users, eq(users.id, referralLinks.userId))
    .leftJoin(referralProgrammes, eq(referralProgrammes.tenantId, referralCodes.tenantId))
    .leftJoin(
      referralCampaigns,
      and(eq(referralCampaigns.tenantId, referralLinks.tenantId), eq(referralCampaigns.id, referralLinks.campaignId)),
    )
    .where(eq(referralCodes.code, sql.placeholder('code')))
    .prepare('find_referral_code'),
);

export type NamedLink = NonNullable<Awaited<ReturnType<typeof findLinkByCode>>>;

/** What a code leads to, in whichever brand: a code is one in the whole service. On referral_codes_code_key. */
export async function findLinkByCode(db: Db, code: string) {
  return (await byCode(db).execute({ code }))[0];
}

export async function findLink(db: Db, { tenantId, linkId }: { tenantId: string; linkId: string }) {
  const isIts = and(eq(referralLinks.tenantId, tenantId), eq(referralLinks.id, linkId));
  return (await db.select().from(referralLinks).where(isIts))[0];
}

type OfMember = { tenantId: string; userId: string; campaignId: string | null };

/** The link of a member, made if there is none: of two at once both get the same. */
export async function ensureLink(db: Db, row: Omit<LinkRow, 'clicks'>): Promise<LinkRow> {
  await db.insert(referralLinks).values(row).onConflictDoNothing();
  const link = await findLinkOfMember(db, row);
  if (!link) throw new Error('a link is gone');
  return link;
}

async function findLinkOfMember(db: Db, { tenantId, userId, campaignId }: OfMember): Promise<LinkRow | undefined> {
  const rows = await db
    .select()
    .from(referralLinks)
    .where(
      and(
        eq(referralLinks.tenantId, tenantId),
        eq(referralLinks.userId, userId),
        sql`${referralLinks.campaignId} is not distinct from ${campaignId}::uuid`,
      ),
    );
  return rows[0];
}

export async function findOwnLinkForUpdate(
  db: Db,
  { linkId, userId }: { linkId: string; userId: string },
): Promise<LinkRow | undefined> {
  const isOwn = and(eq(referralLinks.userId, userId), eq(referralLinks.id, linkId));
  return (await db.select().from(referralLinks).where(isOwn).for('update'))[0];
}

/** False when the code is taken, by whomever, or the link has one of its kind. */
export async function insertCode(db: Db, row: Omit<CodeRow, 'releasedAt'>): Promise<boolean> {
  const rows = await db.insert(referralCodes).values(row).onConflictDoNothing().returning({ code: referralCodes.code });
  return rows.length > 0;
}

type OfLink = { tenantId: string; linkId: string };
const isOfLink = ({ tenantId, linkId }: OfLink) =>
  and(eq(referralCodes.tenantId, tenantId), eq(referralCodes.linkId, linkId));

/** All codes of a link, on referral_codes_of_link_idx. */
export function listCodes(db: Db, key: OfLink): Promise<CodeRow[]> {
  return db.select().from(referralCodes).where(isOfLink(key)).orderBy(referralCodes.createdAt, referralCodes.code);
}

/** The code that was chosen makes room for another; it leads on. */
export async function releaseCode(db: Db, { now, ...key }: OfLink & { now: Date }): Promise<void> {
  await db
    .update(referralCodes)
    .set({ releasedAt: now })
    .where(and(isOfLink(key), referralCodes.isVanity, isNull(referralCodes.releasedAt)));
}

/** Makes a code that the member gave up, on whichever of their links with the brand, the chosen one of this link. */
export async function takeCodeAgain(
  db: Db,
  { tenantId, linkId, userId, code }: OfLink & { userId: string; code: string },
): Promise<boolean> {
  const rows = await db
    .update(referralCodes)
    .set({ linkId, releasedAt: null })
    .where(
      and(
        eq(referralCodes.tenantId, tenantId),
        eq(referralCodes.code, code),
        sql`exists (select from ${referralLinks} where ${referralLinks.tenantId} = ${referralCodes.tenantId}
          and ${referralLinks.id} = ${referralCodes.linkId} and ${referralLinks.userId} = ${userId})`,
        isNotNull(referralCodes.releasedAt),
      ),
    )
    .returning({ code: referralCodes.code });
  return rows.length > 0;
}

type Whose = { tenantId: string; userId: string; linkId?: string | undefined };

/** The links of a person with a brand, or one of them, with what came of each, on referral_links_member_key. */
export function listLinksOfMember(db: Db, { tenantId, userId, linkId }: Whose) {
  return db
    .select({ link: referralLinks, ...sumsOfLinks(tenantId) })
    .from(referralLinks)
    .where(
      and(
        eq(referralLinks.tenantId, tenantId),
        eq(referralLinks.userId, userId),
        linkId === undefined ? undefined : eq(referralLinks.id, linkId),
      ),
    )
    .orderBy(referralLinks.createdAt, referralLinks.id)
    .limit(100);
}

/** By name: in a select of one table the columns of a subquery would lose theirs. */
function sumsOfLinks(tenantId: string) {
  const isOf = (table: string) => sql`${sql.raw(`"${table}"."tenant_id"`)} = ${tenantId}
    and ${sql.raw(`"${table}"."link_id"`)} = "referral_links"."id"`;
  return {
    code: sql<string>`(select "referral_codes"."code" from "referral_codes" where ${isOf('referral_codes')}
      and "referral_codes"."released_at" is null order by "referral_codes"."is_vanity" desc limit 1)`,
    signups: sql<number>`(select count(*)::int from "referrals" where ${isOf('referrals')}
      and "referrals"."status" = 'attributed')`,
    conversions: sql<number>`(select count(*)::int from "referral_conversions" where ${isOf('referral_conversions')}
      and "referral_conversions"."status" = 'counted')`,
    earnedPoints: sql<number>`(select coalesce(sum("referral_rewards"."points"), 0)::float8 from "referral_conversions"
      join "referral_rewards" on "referral_rewards"."tenant_id" = "referral_conversions"."tenant_id"
        and "referral_rewards"."conversion_id" = "referral_conversions"."id"
      where ${isOf('referral_conversions')}
      and "referral_rewards"."status" = 'granted' and "referral_rewards"."side" = 'referrer')`,
  };
}
