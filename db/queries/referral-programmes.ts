import { and, eq, sql } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { referralCampaigns, referralProgrammes } from '../schema/referrals.ts';
import type { PageRequest } from './paging.ts';

export type ProgrammeRow = typeof referralProgrammes.$inferSelect;
export type CampaignRow = typeof referralCampaigns.$inferSelect;

export async function findProgramme(db: Db, tenantId: string): Promise<ProgrammeRow | undefined> {
  return (await db.select().from(referralProgrammes).where(eq(referralProgrammes.tenantId, tenantId)))[0];
}

/** The brand's programme, held until the transaction ends; the default one if it has set none. */
export async function holdProgramme(db: Db, fresh: ProgrammeRow): Promise<ProgrammeRow> {
  await db.insert(referralProgrammes).values(fresh).onConflictDoNothing();
  const isIts = eq(referralProgrammes.tenantId, fresh.tenantId);
  const [row] = await db.select().from(referralProgrammes).where(isIts).for('no key update');
  if (!row) throw new Error('a programme is gone');
  return row;
}

type Change = Partial<Omit<ProgrammeRow, 'tenantId' | 'createdAt'>>;

export async function updateProgramme(db: Db, { tenantId, ...change }: Change & { tenantId: string }): Promise<void> {
  await db.update(referralProgrammes).set(change).where(eq(referralProgrammes.tenantId, tenantId));
}

type Key = { tenantId: string; campaignId: string };
const isCampaign = ({ tenantId, campaignId }: Key) =>
  and(eq(referralCampaigns.tenantId, tenantId), eq(referralCampaigns.id, campaignId));

export async function insertCampaign(db: Db, row: CampaignRow): Promise<void> {
  await db.insert(referralCampaigns).values(row);
}

export async function findCampaign(db: Db, key: Key): Promise<CampaignRow | undefined> {
  return (await db.select().from(referralCampaigns).where(isCampaign(key)))[0];
}

export async function findCampaignForUpdate(db: Db, key: Key): Promise<CampaignRow | undefined> {
  return (await db.select().from(referralCampaigns).where(isCampaign(key)).for('update'))[0];
}

export async function updateCampaign(
  db: Db,
  { change, ...key }: Key & { change: Partial<CampaignRow> },
): Promise<CampaignRow | undefined> {
  return (await db.update(referralCampaigns).set(change).where(isCampaign(key)).returning())[0];
}

export function listCampaigns(db: Db, { tenantId, page }: { tenantId: string; page: PageRequest }) {
  const { createdAt, id } = referralCampaigns;
  return db
    .select()
    .from(referralCampaigns)
    .where(
      and(
        eq(referralCampaigns.tenantId, tenantId),
        sql`(${createdAt}, ${id}) > (${page.at.toISOString()}::timestamptz, ${page.afterId}::uuid)`,
      ),
    )
    .orderBy(createdAt, id)
    .limit(page.rows);
}
