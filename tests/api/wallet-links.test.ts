import { describe, expect, it } from 'vitest';
import { PASSWORD, register } from '../support/people.ts';
import { openRows } from '../support/rows.ts';
import { expectRefused, linkWith, logInWith, newAccount, signedBy, unlink, walletPerson } from '../support/siwe.ts';
import { startTestApp } from '../support/test-app.ts';

const SHOP = 'https://shop.example';
const test = await startTestApp({
  PUBLIC_URL: 'https://api.example/base',
  CORS_ORIGINS: `${SHOP},http://localhost:5173`,
  EVM_CHAIN_ID: '10',
});
const { call } = test;
const { sql, count } = openRows(test.url);

const walletsOf = async (token: string) => (await call('GET', 'auth/me', { token })).body.data.wallets;
const rowsOf = (table: string, address: string) => count({ table, column: 'address', value: address });

describe('linking', () => {
  it('lets several wallets sign in to one account', async () => {
    const person = await register(test);
    const accounts = [newAccount(), newAccount()];
    for (const account of accounts) {
      const answer = await linkWith(test, await signedBy(test, account, person), person.token);
      expect(answer.status, answer.text).toBe(200);
      expect(answer.body.data.address).toBe(account.address);
      expect(Math.abs(Date.parse(answer.body.data.linkedAt) - Date.now())).toBeLessThan(5000);
      const session = await logInWith(test, await signedBy(test, account));
      expect(session.body.data.user).toMatchObject({ id: person.userId, email: person.email, emailVerified: false });
    }
    expect(await walletsOf(person.token)).toEqual(accounts.map(({ address }) => address));
    const body = { email: person.email, password: PASSWORD };
    const session = await call('POST', 'auth/login', { body });
    expect(session.body.data.user.wallets).toEqual(accounts.map(({ address }) => address));
  });

  it('answers a wallet that is linked already again', async () => {
    const person = await walletPerson(test);
    const [row] = await sql`select linked_at from wallets where address = ${person.account.address}`;
    const answer = await linkWith(test, await signedBy(test, person.account, person), person.token);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body.data).toEqual({ address: person.account.address, linkedAt: row?.['linked_at'].toISOString() });
  });

  it('does not take the wallet of somebody else', async () => {
    const [mine, theirs] = [await walletPerson(test), await walletPerson(test)];
    const answer = await linkWith(test, await signedBy(test, theirs.account, mine), mine.token);
    expect(answer.status).toBe(409);
    expect(answer.body.error.code).toBe('WALLET_TAKEN');
    expect(await walletsOf(theirs.token)).toEqual([theirs.account.address]);
    expect(await walletsOf(mine.token)).toEqual([mine.account.address]);
  });

  it('takes a nonce that this user asked for, and signing in takes no such', async () => {
    const [mine, theirs] = [await register(test), await register(test)];
    const account = newAccount();
    expectRefused(await linkWith(test, await signedBy(test, account), mine.token), 'NONCE_FOR_OTHER_USE');
    expectRefused(await linkWith(test, await signedBy(test, account, theirs), mine.token), 'NONCE_FOR_OTHER_USE');
    expectRefused(await logInWith(test, await signedBy(test, account, mine)), 'NONCE_FOR_OTHER_USE');
    expect(await rowsOf('wallets', account.address)).toBe(0);
  });

  it('needs a user', async () => {
    const answer = await call('POST', 'auth/wallet/link', { body: await signedBy(test, newAccount()) });
    expect(answer.status).toBe(401);
    expect(answer.body.error.code).toBe('UNAUTHORIZED');
  });

  it('spends the nonce', async () => {
    const person = await register(test);
    const signed = await signedBy(test, newAccount(), person);
    const answers = await Promise.all(Array.from({ length: 5 }, () => linkWith(test, signed, person.token)));
    // Once it is theirs, asking again is no error; the nonce links nothing else.
    expect(answers.some(({ status }) => status === 200)).toBe(true);
    expect(await rowsOf('wallets', (await walletsOf(person.token))[0])).toBe(1);
    for (const answer of answers.filter(({ status }) => status !== 200)) expectRefused(answer, 'NONCE_UNKNOWN');
  });

  it('gives a wallet that two users link at once to one of them', async () => {
    for (let round = 0; round < 5; round += 1) {
      const account = newAccount();
      const people = [await walletPerson(test), await walletPerson(test)];
      const messages = await Promise.all(people.map((person) => signedBy(test, account, person)));
      const answers = await Promise.all(
        people.map(({ token }, index) => linkWith(test, messages[index] as (typeof messages)[0], token)),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
      expect(await rowsOf('wallets', account.address)).toBe(1);
    }
  });

  it('and a first sign-in at once leave one account with the wallet', async () => {
    for (let round = 0; round < 5; round += 1) {
      const account = newAccount();
      const person = await walletPerson(test);
      const [login, link] = [await signedBy(test, account), await signedBy(test, account, person)];
      const answers = await Promise.all([logInWith(test, login), linkWith(test, link, person.token)]);
      expect(answers[0].status, answers[0].text).toBe(200);
      expect([200, 409]).toContain(answers[1].status);
      const isLinked = answers[1].status === 200;
      expect(answers[0].body.data.user.id === person.userId).toBe(isLinked);
    }
  });
});

describe('unlinking', () => {
  it('ends the wallet’s way in, in any spelling of the address, and no session', async () => {
    const person = await register(test);
    const account = newAccount();
    await linkWith(test, await signedBy(test, account, person), person.token);
    const session = (await logInWith(test, await signedBy(test, account))).body.data;
    const answer = await unlink(test, account.address.toLowerCase(), person.token);
    expect(answer.body.data).toEqual({ address: account.address, deleted: true });
    expect(await walletsOf(person.token)).toEqual([]);
    expect((await call('GET', 'auth/verify', { token: session.accessToken })).status).toBe(200);
    const anew = await logInWith(test, await signedBy(test, account));
    expect(anew.body.data.user.id).not.toBe(person.userId);
  });

  it('finds only one’s own', async () => {
    const [mine, theirs] = [await register(test), await walletPerson(test)];
    for (const address of [theirs.account.address, newAccount().address]) {
      expect((await unlink(test, address, mine.token)).status).toBe(404);
    }
    expect(await rowsOf('wallets', theirs.account.address)).toBe(1);
    expect((await unlink(test, '0x12', mine.token)).status).toBe(400);
  });

  it('keeps the last way in', async () => {
    const person = await walletPerson(test);
    const answer = await unlink(test, person.account.address, person.token);
    expect(answer.status).toBe(409);
    expect(answer.body.error.code).toBe('LAST_CREDENTIAL');
    await linkWith(test, await signedBy(test, newAccount(), person), person.token);
    expect((await unlink(test, person.account.address, person.token)).status).toBe(200);
  });

  it('leaves one of two when both go at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const person = await walletPerson(test);
      const other = newAccount();
      await linkWith(test, await signedBy(test, other, person), person.token);
      const answers = await Promise.all(
        [person.account.address, other.address].map((address) => unlink(test, address, person.token)),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
      expect(await walletsOf(person.token)).toHaveLength(1);
    }
  });
});
