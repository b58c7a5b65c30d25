import { describe, expect, it } from 'vitest';
import { addMember, createBrand, mailedToken, register } from '../support/people.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { call } = test;

describe('invitations', () => {
  it('go to the invited mailbox and are accepted only there', async () => {
    const brand = await createBrand(test);
    const team = `tenants/${brand.tenantId}/team`;
    const [invited, stranger] = [await register(test), await register(test)];
    const body = { email: invited.email.toUpperCase(), role: 'staff' };
    const invitation = await call('POST', team, { token: brand.owner.token, body });
    expect(invitation.status).toBe(201);
    expect(invitation.body.data).toMatchObject({ email: invited.email, role: 'staff', status: 'pending' });
    expect(invitation.text).not.toContain('tti_');
    const token = await mailedToken(test, invited.email);

    const refused = await call('POST', `${team}/accept`, { token: stranger.token, body: { token } });
    expect([refused.status, refused.body.error.code]).toEqual([404, 'INVITATION_INVALID']);
    const guessed = await call('POST', `${team}/accept`, { token: invited.token, body: { token: 'tti_guess' } });
    expect(guessed.body.error.code).toBe('INVITATION_INVALID');

    const answers = await Promise.all(
      Array.from({ length: 5 }, () => call('POST', `${team}/accept`, { token: invited.token, body: { token } })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 404, 404, 404, 404]);
    const me = await call('GET', 'auth/me', { token: invited.token });
    expect(me.body.data).toMatchObject({
      emailVerified: true,
      tenants: [{ tenantId: brand.tenantId, role: 'staff' }],
    });
  });

  it('of another brand, replaced, taken back or expired do not work', async () => {
    const [brand, other] = [await createBrand(test), await createBrand(test)];
    const team = `tenants/${brand.tenantId}/team`;
    const invited = await register(test);
    const invite = async (role = 'staff') => {
      const answer = await call('POST', team, { token: brand.owner.token, body: { email: invited.email, role } });
      return { id: answer.body.data.id, token: await mailedToken(test, invited.email) };
    };
    const accept = (token: string, { tenantId = brand.tenantId, at = new Date() } = {}) =>
      call('POST', `tenants/${tenantId}/team/accept`, {
        token: invited.token,
        body: { token },
        headers: { 'x-test-clock': at.toISOString() },
      });
    const first = await invite();
    const second = await invite('admin');
    expect((await accept(first.token)).status).toBe(404);
    expect((await accept(second.token, { tenantId: other.tenantId })).status).toBe(404);
    const list = await call('GET', `${team}/invitations`, { token: brand.owner.token });
    expect(list.body.data.map(({ id, role }: any) => [id, role])).toEqual([[second.id, 'admin']]);
    await call('DELETE', `${team}/invitations/${second.id}`, { token: brand.owner.token });
    expect((await accept(second.token)).status).toBe(404);
    const third = await invite();
    const session = await call('POST', 'auth/refresh', {
      body: { refreshToken: invited.refreshToken },
      headers: { 'x-test-clock': new Date(Date.now() + 8 * 86_400_000).toISOString() },
    });
    invited.token = session.body.data.accessToken;
    expect((await accept(third.token, { at: new Date(Date.now() + 8 * 86_400_000) })).status).toBe(404);
  });

  it('refuse somebody on the team already, and a role above the inviter', async () => {
    const brand = await createBrand(test);
    const admin = await addMember(test, brand, 'admin');
    const team = `tenants/${brand.tenantId}/team`;
    const again = await call('POST', team, { token: admin.token, body: { email: admin.email, role: 'staff' } });
    expect(again.body.error.code).toBe('ALREADY_MEMBER');
    const above = await call('POST', team, { token: admin.token, body: { email: 'a@example.com', role: 'owner' } });
    expect(above.status).toBe(403);
  });
});

describe('roles', () => {
  it('are given and taken by those above', async () => {
    const brand = await createBrand(test);
    const [admin, staff] = [await addMember(test, brand, 'admin'), await addMember(test, brand, 'staff')];
    const path = (userId: string) => `tenants/${brand.tenantId}/team/${userId}`;
    const set = (by: string, userId: string, role: string) =>
      call('PATCH', path(userId), { token: by, body: { role } });
    expect((await set(staff.token, staff.userId, 'admin')).status).toBe(403);
    expect((await set(admin.token, admin.userId, 'owner')).status).toBe(403);
    expect((await set(admin.token, brand.owner.userId, 'staff')).status).toBe(403);
    expect((await call('DELETE', path(brand.owner.userId), { token: admin.token })).status).toBe(403);
    expect((await set(admin.token, staff.userId, 'admin')).body.data.role).toBe('admin');
    expect((await set(brand.owner.token, admin.userId, 'owner')).body.data.role).toBe('owner');
    expect((await call('DELETE', path(staff.userId), { token: staff.token })).status).toBe(200);
    expect((await call('GET', `tenants/${brand.tenantId}`, { token: staff.token })).status).toBe(404);
  });

  it('keep at least one owner, also when two owners demote each other at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const brand = await createBrand(test);
      const second = await addMember(test, brand, 'owner');
      const path = (userId: string) => `tenants/${brand.tenantId}/team/${userId}`;
      const answers = await Promise.all([
        call('PATCH', path(second.userId), { token: brand.owner.token, body: { role: 'staff' } }),
        call('DELETE', path(brand.owner.userId), { token: second.token }),
        call('DELETE', path(second.userId), { token: second.token }),
        call('PATCH', path(brand.owner.userId), { token: brand.owner.token, body: { role: 'admin' } }),
      ]);
      const owners = await Promise.all([brand.owner, second].map(({ token }) => call('GET', 'auth/me', { token })));
      const roles = owners.flatMap(({ body }) => body.data.tenants.map(({ role }: any) => role));
      expect(roles.filter((role) => role === 'owner').length, JSON.stringify(answers.map((a) => a.status))).toBe(1);
    }
  });

  it('refuse the last owner who goes or steps down', async () => {
    const brand = await createBrand(test);
    const path = `tenants/${brand.tenantId}/team/${brand.owner.userId}`;
    for (const [method, body] of [
      ['DELETE', undefined],
      ['PATCH', { role: 'admin' }],
    ] as const) {
      const answer = await call(method, path, { token: brand.owner.token, body });
      expect([answer.status, answer.body.error.code]).toEqual([409, 'LAST_OWNER']);
    }
  });
});
