import { afterEach, describe, expect, it } from 'vitest';
import { brandWithMember, newMember, reasonsOf, tokenAt } from '../support/coupons.ts';
import { keyPath, pngPart, upload } from '../support/files.ts';
import { findBroken } from '../support/invariants.ts';
import { balanceOf, complete, makeQuest, progressOf, submit, taken } from '../support/quests.ts';
import { quickMember } from '../support/quick-people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'off', TEST_CLOCK: 'on' });
const { sql } = openRows(test.url);
const brand = await brandWithMember(test);
const { tenantId } = brand;
const staff = await quickMember(test, tenantId, 'staff');
const quest = (fields: Record<string, unknown> = {}) =>
  makeQuest(test, brand, { kind: 'once', proof: 'text', points: 20, ...fields });
const of = (questId: string, { token }: { token: string }) => ({ tenantId, questId, token });
const send = (questId: string, member: { token: string }, body: Record<string, unknown> = { text: 'Done' }) =>
  submit(test, { ...of(questId, member), body });

type Deciding = { questId: string; id: string; token?: string };
const decide = (how: 'approve' | 'reject', { questId, id, token = staff.token }: Deciding) =>
  test.call('POST', `quests/tenant/${tenantId}/${questId}/submissions/${id}/${how}`, {
    token,
    ...(how === 'reject' && { body: { reason: 'Too dark to see' } }),
  });

async function sendFile(member: { token: string }, purpose = 'proof'): Promise<string> {
  const sent = await upload(test, { token: member.token }, { fields: { tenantId, purpose }, file: await pngPart() });
  expect(sent.status, sent.text).toBe(201);
  return sent.body.data.file.key;
}

afterEach(async () => expect(await findBroken(sql)).toEqual([]));

describe('a proof', () => {
  it('waits for the team, who approve it: then the quest is completed', async () => {
    const { id: questId } = await quest();
    const member = await newMember(test, tenantId);
    expect(reasonsOf(await complete(test, of(questId, member)))).toEqual(['PROOF_REQUIRED']);
    const sent = await taken(send(questId, member));
    expect(sent).toMatchObject({ status: 'submitted', text: 'Done', fileKeys: [], decidedAt: null });
    expect(await progressOf(test, of(questId, member))).toMatchObject({
      status: 'not_started',
      submission: { id: sent.id, status: 'submitted' },
    });
    const again = await send(questId, member);
    expectRefusal(again, 409, 'SUBMISSION_PENDING');
    expect(again.body.error.details).toEqual({ submissionId: sent.id });
    expectRefusal(await decide('approve', { questId, id: sent.id, token: member.token }), 404, 'NOT_FOUND');
    const approved = await decide('approve', { questId, id: sent.id });
    expect(approved.body.data).toMatchObject({ status: 'approved' });
    expect(await balanceOf(test, { tenantId, token: member.token })).toBe(20);
    expect(await progressOf(test, of(questId, member))).toMatchObject({ status: 'completed' });
    expect(reasonsOf(await send(questId, member))).toEqual(['ALREADY_COMPLETED']);
  });

  it('that is rejected says why, and another may be sent', async () => {
    const { id: questId } = await quest();
    const member = await newMember(test, tenantId);
    const { id } = await taken(send(questId, member));
    expect((await decide('reject', { questId, id })).status).toBe(200);
    expect(await progressOf(test, of(questId, member))).toMatchObject({
      submission: { id, status: 'rejected', rejectionReason: 'Too dark to see' },
    });
    expectRefusal(await decide('approve', { questId, id }), 409, 'SUBMISSION_DECIDED');
    await taken(send(questId, member, { text: 'Brighter' }));
    const own = await test.call('GET', `quests/tenant/${tenantId}/${questId}/submissions`, { token: member.token });
    expect(own.body.data.map((one: { status: string }) => one.status)).toEqual(['submitted', 'rejected']);
    const other = await newMember(test, tenantId);
    const theirs = await test.call('GET', `quests/tenant/${tenantId}/${questId}/submissions`, { token: other.token });
    expect(theirs.body.data).toEqual([]);
    const path = `quests/tenant/${tenantId}/${questId}/submissions?status=rejected`;
    expect((await test.call('GET', path, { token: staff.token })).body.data).toHaveLength(1);
  });

  it('is decided once, by however many', async () => {
    const { id: questId } = await quest();
    const member = await newMember(test, tenantId);
    const { id } = await taken(send(questId, member));
    const hows = Array.from({ length: 12 }, (_, n) => (n % 3 ? 'approve' : 'reject') as 'approve' | 'reject');
    const answers = await Promise.all(hows.map((how) => decide(how, { questId, id })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const isApproved = answers.some(({ body }) => body.data?.status === 'approved');
    expect(await balanceOf(test, { tenantId, token: member.token })).toBe(isApproved ? 20 : 0);
  });

  it('may be a file of the own, which stays as long as it is one', async () => {
    const { id: questId } = await quest({ proof: 'file' });
    const [member, other] = [await newMember(test, tenantId), await newMember(test, tenantId)];
    const [key, theirs] = [await sendFile(member), await sendFile(other)];
    for (const body of [{ text: 'Done' }, { fileKeys: [theirs] }, { fileKeys: [`${key}x`] }]) {
      expectRefusal(await send(questId, member, body), 400, 'VALIDATION_ERROR');
    }
    const { id } = await taken(send(questId, member, { fileKeys: [key] }));
    const remove = () => test.call('DELETE', `storage/files/${keyPath(key)}`, { token: member.token });
    expectRefusal(await remove(), 409, 'FILE_IN_USE');
    const seen = await test.call('GET', `storage/url/${keyPath(key)}`, { token: staff.token });
    expect(seen.status, seen.text).toBe(200);
    await decide('reject', { questId, id });
    expect((await remove()).status).toBe(200);
  });

  it('counts for the day on which it was sent', async () => {
    const { id: questId } = await quest({ kind: 'repeatable', period: 'day', proof: 'any' });
    const member = await newMember(test, tenantId);
    const ids: string[] = [];
    for (const day of ['01', '02']) {
      const at = new Date(`2026-06-${day}T12:00:00Z`);
      const token = await tokenAt(test, sql, { userId: member.userId, at });
      const body = { text: `Day ${day}` };
      ids.push((await taken(submit(test, { tenantId, questId, token, at, body }))).id);
    }
    for (const id of ids) expect((await decide('approve', { questId, id })).status).toBe(200);
    const rows = await sql`select starts_on::text as day from quest_progress where quest_id = ${questId} order by 1`;
    expect(rows.map(({ day }) => day)).toEqual(['2026-06-01', '2026-06-02']);
    expect(await balanceOf(test, { tenantId, token: member.token })).toBe(40);
  });

  it('of a quest without one, of a stranger, or of another brand is refused', async () => {
    const plain = await makeQuest(test, brand, { kind: 'once' });
    const member = await newMember(test, tenantId);
    expect(reasonsOf(await send(plain.id, member))).toEqual(['WRONG_KIND']);
    const other = await brandWithMember(test);
    const { id } = await makeQuest(test, other, { kind: 'once', proof: 'text' });
    expectRefusal(await send(id, member), 404, 'NOT_FOUND');
    const { id: questId } = await quest();
    expect(reasonsOf(await send(questId, other.member))).toEqual(['NOT_A_MEMBER']);
    const sent = await taken(send(questId, member));
    expectRefusal(await decide('approve', { questId: plain.id, id: sent.id }), 404, 'NOT_FOUND');
    expectRefusal(await decide('approve', { questId, id: sent.id, token: other.owner.token }), 404, 'NOT_FOUND');
  });
});
