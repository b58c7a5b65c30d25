import { afterEach, describe, expect, it } from 'vitest';
import { newId } from '#src/lib/ids.ts';
import { brandWithMember, newMember, reasonsOf, tokenAt } from '../support/coupons.ts';
import { keyPath, pngPart, textPart, upload } from '../support/files.ts';
import { findBroken } from '../support/invariants.ts';
import { secondInstance } from '../support/payments.ts';
import type { Person } from '../support/people.ts';
import { balanceOf, complete, makeQuest, progressOf, setZone, submit, taken } from '../support/quests.ts';
import { quickMember } from '../support/quick-people.ts';
import { comparable, expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { type Answer, startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'off', TEST_CLOCK: 'on' });
const { sql } = openRows(test.url);
const other = await secondInstance(test);
const brand = await brandWithMember(test);
const { tenantId, owner } = brand;
const staff = await quickMember(test, tenantId, 'staff');
const base = `quests/tenant/${tenantId}`;

afterEach(async () => {
  expect(await findBroken(sql)).toEqual([]);
});

const proved = (fields: Record<string, unknown> = {}) =>
  makeQuest(test, brand, { kind: 'once', proof: 'text', ...fields });
const member = () => newMember(test, tenantId);
const of = (questId: string, { token }: { token: string }) => ({ tenantId, questId, token });
const said = { text: 'I planted a tree' };
const send = (questId: string, one: { token: string }, body: object = said) =>
  submit(test, { ...of(questId, one), body: { ...body } });
const balance = ({ token }: { token: string }) => balanceOf(test, { tenantId, token });
const when = async ({ userId }: Person, at: string) => ({
  token: await tokenAt(test, sql, { userId, at: new Date(at) }),
  at,
});

type Deciding = { questId: string; id: string; token?: string; at?: string; app?: Pick<typeof test, 'call'> };

const approve = ({ questId, id, token = staff.token, at, app = test }: Deciding) =>
  app.call('POST', `${base}/${questId}/submissions/${id}/approve`, {
    token,
    ...(at && { headers: { 'x-test-clock': at } }),
  });
const reject = ({ questId, id, token = staff.token, app = test }: Deciding) =>
  app.call('POST', `${base}/${questId}/submissions/${id}/reject`, { token, body: { reason: 'That is a shrub' } });

async function proofFile({ token }: { token: string }, fields: Record<string, string> = {}): Promise<string> {
  const sent = await upload(
    test,
    { token },
    { fields: { tenantId, purpose: 'proof', ...fields }, file: await pngPart() },
  );
  expect(sent.status, sent.text).toBe(201);
  return sent.body.data.file.key;
}

function expectReasons(answer: Answer, reasons: string[]): void {
  expectRefusal(answer, 409, 'QUEST_NOT_ELIGIBLE');
  expect(reasonsOf(answer)).toEqual(reasons);
}

function expectField(answer: Answer, field: string): void {
  expectRefusal(answer, 400, 'VALIDATION_ERROR');
  expect(answer.body.error.errors[0].field).toBe(field);
}

describe('a proof', () => {
  it('waits for the team, who approve it: then the quest is completed', async () => {
    const { id: questId } = await proved();
    const one = await member();
    expectReasons(await complete(test, of(questId, one)), ['PROOF_REQUIRED']);
    const sent = await taken(send(questId, one));
    expect(sent).toMatchObject({ status: 'submitted', ...said, userId: one.userId, fileKeys: [], decidedAt: null });
    const progress = await progressOf(test, of(questId, one));
    expect(progress.submission).toEqual({ id: sent.id, status: 'submitted', rejectionReason: null });
    expect([progress.count, await balance(one)]).toEqual([0, 0]);
    const approved = await approve({ questId, id: sent.id });
    expect(approved.status, approved.text).toBe(200);
    expect(approved.body.data).toMatchObject({ id: sent.id, status: 'approved' });
    expect(await balance(one)).toBe(10);
    expect(await progressOf(test, of(questId, one))).toMatchObject({ status: 'completed', count: 1 });
    expectReasons(await send(questId, one), ['ALREADY_COMPLETED']);
  });

  it('is one at a time: of many at once one is taken, and the others are told which', async () => {
    const { id: questId } = await proved();
    const one = await member();
    const answers = await Promise.all(Array.from({ length: 10 }, () => send(questId, one)));
    const [sent] = answers.filter(({ status }) => status === 201);
    const refused = answers.filter(({ status }) => status !== 201);
    expect(refused).toHaveLength(9);
    for (const answer of refused) {
      expectRefusal(answer, 409, 'SUBMISSION_PENDING');
      expect(answer.body.error.details).toEqual({ submissionId: sent?.body.data.id });
    }
  });

  it('is rejected with a reason that its member reads; then another one may be sent', async () => {
    const { id: questId } = await proved();
    const one = await member();
    const first = await taken(send(questId, one));
    const rejected = await reject({ questId, id: first.id });
    expect(rejected.status, rejected.text).toBe(200);
    const { submission } = await progressOf(test, of(questId, one));
    expect(submission).toEqual({ id: first.id, status: 'rejected', rejectionReason: 'That is a shrub' });
    const second = await taken(send(questId, one));
    await approve({ questId, id: second.id });
    const own = await test.call('GET', `${base}/${questId}/submissions`, { token: one.token });
    expect(own.body.data.map(({ id, status }: { id: string; status: string }) => [id, status])).toEqual([
      [second.id, 'approved'],
      [first.id, 'rejected'],
    ]);
    expect(await balance(one)).toBe(10);
  });

  it('is decided once: of 20 who decide at once one does, with one entry in the audit log', async () => {
    const { id: questId } = await proved();
    const one = await member();
    const { id } = await taken(send(questId, one));
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        (n % 4 < 2 ? approve : reject)({ questId, id, app: n % 2 ? (other as typeof test) : test }),
      ),
    );
    const [decided, ...more] = answers.filter(({ status }) => status === 200);
    expect(more).toEqual([]);
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      expectRefusal(answer, 409, 'SUBMISSION_DECIDED');
      expect(answer.body.error.details).toEqual({ status: decided?.body.data.status });
    }
    expect(await balance(one)).toBe(decided?.body.data.status === 'approved' ? 10 : 0);
    const entries = await sql`select action from audit_entries where target_id = ${id}`;
    expect(entries.map(({ action }) => action)).toEqual([`quest.${decided?.body.data.status}`]);
  });

  it('is decided by the team alone, who see all of them; members see their own', async () => {
    const { id: questId } = await proved();
    const [one, two] = [await member(), await member()];
    const { id } = await taken(send(questId, one));
    for (const act of [approve, reject]) expectRefusal(await act({ questId, id, token: one.token }), 404, 'NOT_FOUND');
    const list = async ({ token }: { token: string }, query = '') => {
      const answer = await test.call('GET', `${base}/${questId}/submissions${query}`, { token });
      expect(answer.status, answer.text).toBe(200);
      return answer.body.data.map((proof: { id: string }) => proof.id);
    };
    expect(await list(staff)).toEqual([id]);
    expect(await list(staff, '?status=submitted')).toEqual([id]);
    expect(await list(staff, '?status=approved')).toEqual([]);
    expect([await list(one), await list(two)]).toEqual([[id], []]);
    const unknown = await approve({ questId, id: newId() });
    expectRefusal(unknown, 404, 'NOT_FOUND');
    const otherQuest = await approve({ questId: (await proved()).id, id });
    expect(comparable(otherQuest)).toEqual(comparable(unknown));
  });

  it('takes as many as the target says', async () => {
    const { id: questId } = await proved({ target: 2 });
    const one = await member();
    for (const points of [0, 10]) {
      const { id } = await taken(send(questId, one));
      expect((await approve({ questId, id })).status).toBe(200);
      expect(await balance(one)).toBe(points);
    }
  });

  it('is not asked where there is none to send', async () => {
    const { id } = await proved({ proof: null });
    expectReasons(await send(id, await member()), ['WRONG_KIND']);
    const daily = await makeQuest(test, brand);
    expectReasons(await send(daily.id, await member()), ['WRONG_KIND']);
    expectReasons(await send((await proved()).id, staff), ['NOT_A_MEMBER']);
  });

  it('can be passed over by the team, and a revoked one be given again', async () => {
    const { id: questId } = await proved({ selfComplete: false });
    const [one, two] = [await member(), await member()];
    await taken(complete(test, { ...of(questId, staff), body: { userId: one.userId } }));
    const { id } = await taken(send(questId, two));
    await approve({ questId, id });
    const [row] = await sql`select id from quest_progress where quest_id = ${questId} and user_id = ${two.userId}`;
    const revoke = `${base}/${questId}/completions/${row?.['id']}/revoke`;
    const revoked = await test.call('POST', revoke, { token: owner.token, body: { reason: 'Not theirs' } });
    expect(revoked.status, revoked.text).toBe(200);
    const again = await taken(send(questId, two));
    expect((await approve({ questId, id: again.id })).status).toBe(200);
    expect([await balance(one), await balance(two)]).toEqual([10, 10]);
  });
});

describe('the period of a proof', () => {
  const daily = () => proved({ kind: 'repeatable', period: 'day' });

  it('is the one in which it was sent, whenever it is approved', async () => {
    const { id: questId } = await daily();
    const one = await member();
    const ids: string[] = [];
    for (const day of ['2027-05-01', '2027-05-02']) {
      const at = await when(one, `${day}T10:00:00.000Z`);
      ids.push((await taken(submit(test, { ...of(questId, one), ...at, body: { ...said } }))).id);
    }
    const boss = await when(staff, '2027-05-09T10:00:00.000Z');
    for (const id of ids.reverse()) expect((await approve({ questId, id, ...boss })).status).toBe(200);
    const days = await sql`select day::text from quest_claims where quest_id = ${questId} order by day`;
    expect(days.map(({ day }) => day)).toEqual(['2027-05-01', '2027-05-02']);
  });

  it('stays that one when its member has moved to another time zone since', async () => {
    const { id: questId } = await daily();
    const one = await member();
    await setZone(test, { token: one.token, timezone: 'Europe/Berlin' });
    const [first, second] = ['2027-05-01T10:00:00.000Z', '2027-05-01T22:30:00.000Z'];
    const boss = await when(staff, '2027-05-03T10:00:00.000Z');
    for (const at of [first, second]) {
      const { id } = await taken(submit(test, { ...of(questId, one), ...(await when(one, at)), body: { ...said } }));
      // Where it is still the first of May.
      if (at === second) await setZone(test, { ...(await when(one, at)), timezone: 'America/Los_Angeles' });
      const approved = await approve({ questId, id, ...boss });
      expect(approved.status, approved.text).toBe(200);
    }
    const days = await sql`select starts_on::text from quest_progress where quest_id = ${questId} order by 1`;
    expect(days.map((row) => row['starts_on'])).toEqual(['2027-05-01', '2027-05-02']);
  });

  it('may be over by then; what was sent too late is refused at once', async () => {
    const { id: questId } = await proved({ endsAt: '2027-05-02T00:00:00.000Z' });
    const [one, two] = [await member(), await member()];
    const sent = await when(one, '2027-05-01T23:59:00.000Z');
    const { id } = await taken(submit(test, { ...of(questId, one), ...sent, body: { ...said } }));
    const late = await when(two, '2027-05-02T00:00:00.000Z');
    expectReasons(await submit(test, { ...of(questId, two), ...late, body: { ...said } }), ['ENDED']);
    expect((await approve({ questId, id, ...(await when(staff, '2027-05-04T00:00:00.000Z')) })).status).toBe(200);
    expect(await balance(one)).toBe(10);
  });
});

describe('files as a proof', () => {
  it.each([
    ['text', {}, 'text'],
    ['file', said, 'fileKeys'],
    ['any', {}, 'fileKeys'],
  ])('are what a quest of proof %s says', async (proof, body, field) => {
    const { id } = await proved({ proof });
    const one = await member();
    expectField(await send(id, one, body), field);
    const right = proof === 'file' ? { fileKeys: [await proofFile(one)] } : said;
    await taken(send(id, one, right));
  });

  it('are private, seen by their owner and the team, and stay as long as they prove something', async () => {
    const { id: questId } = await proved({ proof: 'file' });
    const [one, two] = [await member(), await member()];
    const key = await proofFile(one);
    const { fileKeys } = await taken(send(questId, one, { fileKeys: [key] }));
    expect(fileKeys).toEqual([key]);
    const url = ({ token }: { token: string }) => test.call('GET', `storage/url/${keyPath(key)}`, { token });
    expect([(await url(one)).status, (await url(staff)).status]).toEqual([200, 200]);
    expectRefusal(await url(two), 404, 'NOT_FOUND');
    const deleted = await test.call('DELETE', `storage/files/${keyPath(key)}`, { token: one.token });
    expectRefusal(deleted, 409);
  });

  it('are the own ones of purpose proof, and no others', async () => {
    const { id } = await proved({ proof: 'any' });
    const [one, two] = [await member(), await member()];
    const theirs = await proofFile(two);
    const fields = { tenantId, purpose: 'document' };
    const document = await upload(test, { token: owner.token }, { fields, file: textPart() });
    const mine = await proofFile(one);
    const invented = mine.replace(/[0-9a-f]{8}-[0-9a-f-]{27}(?=[^/]*$)/, newId());
    for (const key of [theirs, document.body.data.file.key, invented]) {
      expectField(await send(id, one, { fileKeys: [mine, key] }), 'fileKeys.1');
    }
    // Nothing of it was kept.
    await taken(send(id, one, { fileKeys: [mine] }));
  });
});
