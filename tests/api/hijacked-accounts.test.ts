import { describe, expect, it } from 'vitest';
import { mailedToken, register } from '../support/people.ts';
import { linkWith, logInWith, newAccount, signedBy } from '../support/siwe.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { call } = test;

async function linkNewWallet(token: string) {
  const account = newAccount();
  const message = await signedBy(test, account, { token });
  expect((await linkWith(test, message, token)).status).toBe(200);
  return { account, message };
}

async function resetByMail(email: string): Promise<void> {
  await call('POST', 'auth/password/forgot', { body: { email } });
  const token = await mailedToken(test, email);
  const answer = await call('POST', 'auth/password/reset', { body: { token, password: 'silent-meadow-72' } });
  expect(answer.status, answer.text).toBe(200);
}

describe('an address that somebody else registered first', () => {
  it("is its owner's alone after the first reset: a wallet that was linked before signs in elsewhere", async () => {
    const victim = await register(test, 'victim');
    const { account } = await linkNewWallet(victim.token);
    await resetByMail(victim.email);
    const session = await logInWith(test, await signedBy(test, account));
    expect(session.status).toBe(200);
    expect(session.body.data.user.id).not.toBe(victim.userId);
    expect(session.body.data.user).toMatchObject({ email: null, emailVerified: false });
  });
});

describe('an address that is proved', () => {
  it('keeps the wallets of its account through a reset', async () => {
    const person = await register(test);
    await call('POST', 'auth/email/verify', { body: { token: await mailedToken(test, person.email) } });
    const { account } = await linkNewWallet(person.token);
    await resetByMail(person.email);
    const session = await logInWith(test, await signedBy(test, account));
    expect(session.body.data.user).toMatchObject({ id: person.userId, wallets: [account.address] });
  });

  it('may ask again to link a wallet that is linked: the answer may have been lost', async () => {
    const { token } = await register(test);
    const { message } = await linkNewWallet(token);
    expect((await linkWith(test, message, token)).status).toBe(200);
    const stranger = await register(test);
    expect((await linkWith(test, message, stranger.token)).status).toBe(401);
  });
});
