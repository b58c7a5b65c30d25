import { describe, expect, it } from 'vitest';
import { PASSWORD, register, sessionOf } from '../support/people.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { call } = test;

const refresh = (refreshToken: string, at?: Date) =>
  call('POST', 'auth/refresh', {
    body: { refreshToken },
    ...(at && { headers: { 'x-test-clock': at.toISOString() } }),
  });
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000);
const isGood = async (token: string) => (await call('GET', 'auth/verify', { token })).status === 200;

describe('refresh', () => {
  it('gives a new pair, and both access tokens work', async () => {
    const person = await register(test);
    const answer = await refresh(person.refreshToken);
    expect(answer.status).toBe(200);
    expect(answer.body.data.refreshToken).not.toBe(person.refreshToken);
    expect(answer.body.data.user.id).toBe(person.userId);
    expect(sessionOf(answer.body.data.accessToken)).toBe(person.sessionId);
    expect(await isGood(answer.body.data.accessToken)).toBe(true);
  });

  it('answers the token just replaced with a pair that works on', async () => {
    const person = await register(test);
    await refresh(person.refreshToken);
    const grace = await refresh(person.refreshToken, inSeconds(25));
    expect(grace.status).toBe(200);
    const next = await refresh(grace.body.data.refreshToken, inSeconds(120));
    expect(next.status).toBe(200);
  });

  it('ends the whole family when a spent token comes back after its grace', async () => {
    const person = await register(test);
    const second = (await refresh(person.refreshToken)).body.data;
    const stolen = await refresh(person.refreshToken, inSeconds(31));
    expect(stolen.status).toBe(401);
    expect(stolen.body.error.code).toBe('REFRESH_TOKEN_REUSED');
    expect(await isGood(second.accessToken)).toBe(false);
    expect((await refresh(second.refreshToken)).status).toBe(401);
  });

  it('never leaves a client without a token when twenty refresh at once', async () => {
    const person = await register(test);
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(person.refreshToken)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    const nexts = await Promise.all(answers.map(({ body }) => refresh(body.data.refreshToken)));
    expect(nexts.map(({ status }) => status)).toEqual(Array(20).fill(200));
  });

  it('refuses an expired, an unknown and an access token', async () => {
    const person = await register(test);
    const expired = await refresh(person.refreshToken, inSeconds(31 * 86_400));
    expect(expired.body.error.code).toBe('TOKEN_EXPIRED');
    for (const token of ['ttr_unknown', person.token]) {
      const answer = await refresh(token.slice(0, 200));
      expect(answer.status).toBe(401);
      expect(answer.body.error.code).toBe('UNAUTHORIZED');
    }
  });

  it('ends with the session however often it is refreshed', async () => {
    const person = await register(test);
    let token = person.refreshToken;
    for (const day of [29, 58, 87, 116, 145, 174]) {
      const answer = await refresh(token, inSeconds(day * 86_400));
      expect(answer.status).toBe(200);
      token = answer.body.data.refreshToken;
    }
    expect((await refresh(token, inSeconds(181 * 86_400))).body.error.code).toBe('TOKEN_EXPIRED');
  });
});

describe('sessions', () => {
  it('are listed with the present one marked, and end one by one at once', async () => {
    const person = await register(test);
    const body = { email: person.email, password: PASSWORD };
    const other = await call('POST', 'auth/login', { body, headers: { 'user-agent': 'Other/1.0' } });
    const { accessToken } = other.body.data;
    const list = await call('GET', 'auth/sessions', { token: person.token });
    expect(list.body.data.map((session: any) => [session.id, session.current])).toEqual([
      [person.sessionId, true],
      [sessionOf(accessToken), false],
    ]);
    expect(list.body.data[1].userAgent).toBe('Other/1.0');

    const ended = await call('DELETE', `auth/sessions/${sessionOf(accessToken)}`, { token: person.token });
    expect(ended.body.data).toEqual({ id: sessionOf(accessToken), deleted: true });
    expect(await isGood(accessToken)).toBe(false);
    expect(await isGood(person.token)).toBe(true);
  });

  it('of somebody else are not there', async () => {
    const [mine, theirs] = [await register(test), await register(test)];
    const answer = await call('DELETE', `auth/sessions/${theirs.sessionId}`, { token: mine.token });
    expect(answer.status).toBe(404);
    expect(await isGood(theirs.token)).toBe(true);
  });

  it('log out: this one, or all', async () => {
    const person = await register(test);
    const logIn = async () =>
      (await call('POST', 'auth/login', { body: { email: person.email, password: PASSWORD } })).body.data;
    const [a, b] = [await logIn(), await logIn()];
    const one = await call('POST', 'auth/logout', { token: a.accessToken });
    expect(one.body.data).toEqual({ endedSessions: 1 });
    expect([await isGood(a.accessToken), await isGood(b.accessToken), await isGood(person.token)]).toEqual([
      false,
      true,
      true,
    ]);
    expect((await refresh(a.refreshToken)).status).toBe(401);
    const all = await call('POST', 'auth/logout', { token: b.accessToken, body: { all: true } });
    expect(all.body.data).toEqual({ endedSessions: 2 });
    expect([await isGood(b.accessToken), await isGood(person.token)]).toEqual([false, false]);
  });
});
