import { describe, expect, it } from 'vitest';
import { register, sessionOf } from '../support/people.ts';
import { openRows } from '../support/rows.ts';
import { askNonce, expectRefused, logInWith, messageFor, newAccount, signedBy, signMessage } from '../support/siwe.ts';
import { startTestApp } from '../support/test-app.ts';

const SHOP = 'https://shop.example';
const test = await startTestApp({
  PUBLIC_URL: 'https://api.example/base',
  CORS_ORIGINS: `${SHOP},http://localhost:5173`,
  EVM_CHAIN_ID: '10',
});
const { call } = test;
const { sql, count } = openRows(test.url);

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000);
const at = (instant: Date) => ({ 'x-test-clock': instant.toISOString() });
const rowsOf = (table: string, address: string) => count({ table, column: 'address', value: address });

describe('a nonce', () => {
  it('is random, alphanumeric, and names the site, the chain and its end', async () => {
    const answer = await call('POST', 'auth/wallet/nonce');
    expect(answer.headers['cache-control']).toBe('no-store');
    const { nonce, expiresAt, ...terms } = answer.body.data;
    expect(nonce).toMatch(/^[0-9a-f]{32}$/);
    expect(terms).toEqual({ domain: 'api.example', uri: 'https://api.example', chainId: 10 });
    expect(Math.abs(Date.parse(expiresAt) - inSeconds(600).getTime())).toBeLessThan(5000);
    expect((await askNonce(test)).nonce).not.toBe(nonce);
  });

  it('names the site of the caller when the configuration lists it, never the Host', async () => {
    const headers = { origin: SHOP, host: 'evil.example' };
    expect(await askNonce(test, { headers })).toMatchObject({ domain: 'shop.example', uri: SHOP });
    for (const origin of ['https://evil.example', 'null', '*', `${SHOP}/`]) {
      const terms = await askNonce(test, {
        headers: { origin, host: 'evil.example', 'x-forwarded-host': 'evil.example' },
      });
      expect(terms.domain).toBe('api.example');
    }
  });
});

describe('signing in', () => {
  it('makes an account of its own for a wallet, and finds it again', async () => {
    const account = newAccount();
    const first = await logInWith(test, await signedBy(test, account));
    expect(first.status, first.text).toBe(200);
    expect(first.headers['cache-control']).toBe('no-store');
    const { user, accessToken, refreshToken } = first.body.data;
    expect(user).toMatchObject({ email: null, emailVerified: false, wallets: [account.address], tenants: [] });
    expect((await call('GET', 'auth/verify', { token: accessToken })).status).toBe(200);
    expect((await call('POST', 'auth/refresh', { body: { refreshToken } })).body.data.user.wallets).toEqual([
      account.address,
    ]);
    const again = await logInWith(test, await signedBy(test, account));
    expect(again.body.data.user.id).toBe(user.id);
    expect(sessionOf(again.body.data.accessToken)).not.toBe(sessionOf(accessToken));
  });

  it('takes the address in any case, a statement, dates and resources', async () => {
    const account = newAccount();
    const terms = await askNonce(test, { headers: { origin: SHOP } });
    const change = {
      scheme: 'https',
      statement: 'I accept the terms.',
      expirationTime: inSeconds(60),
      notBefore: inSeconds(-60),
      requestId: '7',
      resources: [`${SHOP}/terms`],
    };
    const message = messageFor(account.address, terms, change).replace(account.address, account.address.toLowerCase());
    const answer = await logInWith(test, { message, signature: await account.signMessage({ message }) });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body.data.user.wallets).toEqual([account.address]);
  });

  it('refuses a message that was used', async () => {
    const signed = await signedBy(test, newAccount());
    expect((await logInWith(test, signed)).status).toBe(200);
    expectRefused(await logInWith(test, signed), 'NONCE_UNKNOWN');
  });

  it('lets one of many equal messages through', async () => {
    const account = newAccount();
    for (const round of ['first', 'known']) {
      const signed = await signedBy(test, account);
      const answers = await Promise.all(Array.from({ length: 10 }, () => logInWith(test, signed)));
      expect(
        answers.filter(({ status }) => status === 200),
        round,
      ).toHaveLength(1);
      for (const answer of answers.filter(({ status }) => status !== 200)) expectRefused(answer, 'NONCE_UNKNOWN');
    }
    expect(await rowsOf('wallets', account.address)).toBe(1);
  });

  it('makes one account when a new wallet signs in ten times at once', async () => {
    const account = newAccount();
    const [before] = await sql`select count(*)::int as count from users`;
    const messages = await Promise.all(Array.from({ length: 10 }, () => signedBy(test, account)));
    const answers = await Promise.all(messages.map((signed) => logInWith(test, signed)));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(new Set(answers.map(({ body }) => body.data.user.id)).size).toBe(1);
    const [after] = await sql`select count(*)::int as count from users`;
    expect(after?.['count'] - before?.['count']).toBe(1);
  });

  it('never proves an e-mail, nor finds an account by one', async () => {
    const person = await register(test);
    const account = newAccount();
    const message = messageFor(account.address, await askNonce(test), { statement: person.email });
    const answer = await logInWith(test, { message, signature: await account.signMessage({ message }) });
    expect(answer.body.data.user).toMatchObject({ email: null, emailVerified: false });
    expect(answer.body.data.user.id).not.toBe(person.userId);
  });

  it('refuses bodies of another shape', async () => {
    const good = await signedBy(test, newAccount());
    for (const change of [
      { signature: 'zz' },
      { signature: '0x' },
      { signature: '0x123' },
      { message: '' },
      { message: 7 },
    ]) {
      const answer = await call('POST', 'auth/wallet/login', { body: { ...good, ...change } });
      expect(answer.status, answer.text).toBe(400);
    }
  });
});

describe('a message is refused', () => {
  const account = newAccount();
  const refuses = async (text: string, reason: string) => {
    expectRefused(
      await logInWith(test, { message: text, signature: await account.signMessage({ message: text }) }),
      reason,
    );
  };

  it.each<[string, object, string]>([
    ['of another domain', { domain: 'evil.example' }, 'DOMAIN_MISMATCH'],
    ['of another scheme', { scheme: 'http' }, 'DOMAIN_MISMATCH'],
    ['of another URI', { uri: 'https://evil.example' }, 'URI_MISMATCH'],
    ['with a path in its URI', { uri: 'https://api.example/login' }, 'URI_MISMATCH'],
    ['of another chain', { chainId: 1 }, 'CHAIN_MISMATCH'],
    ['issued too long ago', { issuedAt: inSeconds(-305) }, 'MESSAGE_TOO_OLD'],
    ['issued in the future', { issuedAt: inSeconds(600) }, 'MESSAGE_FROM_FUTURE'],
    ['expired', { expirationTime: inSeconds(-1) }, 'MESSAGE_EXPIRED'],
    ['not valid yet', { notBefore: inSeconds(600) }, 'MESSAGE_NOT_YET_VALID'],
    ['with a nonce that is not ours', { nonce: 'abcdefgh12345678' }, 'NONCE_UNKNOWN'],
  ])('%s', async (_name, change, reason) => {
    await refuses(messageFor(account.address, await askNonce(test), change), reason);
  });

  it.each<[string, (text: string) => string, string]>([
    ['without a nonce', (text) => text.replace(/\nNonce: .*/, ''), 'MALFORMED_MESSAGE'],
    ['with an empty nonce', (text) => text.replace(/Nonce: .*/, 'Nonce: '), 'MALFORMED_MESSAGE'],
    ['with a part of the nonce', (text) => text.replace(/(Nonce: .{16}).*/, '$1'), 'NONCE_UNKNOWN'],
    [
      'with the nonce in capitals',
      (text) => text.replace(/Nonce: .*/, (part) => `Nonce: ${part.slice(7).toUpperCase()}A`),
      'NONCE_UNKNOWN',
    ],
    ['without a date', (text) => text.replace(/\nIssued At: .*/, ''), 'MALFORMED_MESSAGE'],
    ['of version 2', (text) => text.replace('Version: 1', 'Version: 2'), 'VERSION_UNSUPPORTED'],
    ['without a version', (text) => text.replace('\nVersion: 1', ''), 'MALFORMED_MESSAGE'],
    ['in words', () => 'Please let me in.', 'MALFORMED_MESSAGE'],
    ['with a line behind it', (text) => `${text}\nUser: admin`, 'MALFORMED_MESSAGE'],
  ])('%s', async (_name, change, reason) => {
    await refuses(change(messageFor(account.address, await askNonce(test))), reason);
  });

  it.each<[string, (text: string) => string]>([
    ['changed address', (text) => text.replace(account.address, newAccount().address)],
    ['changed statement', (text) => text.replace('log in', 'log on')],
    ['changed date', (text) => text.replace(/\d{3}Z/, '000Z').replace('.000Z', '.001Z')],
    ['zero address', (text) => text.replace(account.address, `0x${'0'.repeat(40)}`)],
  ])('with a %s after it was signed', async (_name, change) => {
    const terms = await askNonce(test);
    const { message, signature } = await signMessage(account, terms, { statement: 'log in', issuedAt: inSeconds(-1) });
    expectRefused(await logInWith(test, { message: change(message), signature }), 'BAD_SIGNATURE');
    // Nothing was used up: the true message still signs in.
    expect((await logInWith(test, { message, signature })).status).toBe(200);
  });

  it('with the signature of somebody else, or none', async () => {
    const { message } = await signedBy(test, account);
    const foreign = await newAccount().signMessage({ message });
    for (const signature of [foreign, `0x${'00'.repeat(65)}`, `0x${'ff'.repeat(65)}`, '0x00', `${foreign}00`]) {
      expectRefused(await logInWith(test, { message, signature }), 'BAD_SIGNATURE');
    }
    expect(await rowsOf('wallets', newAccount().address)).toBe(0);
  });

  it('when its nonce is too old', async () => {
    const terms = await askNonce(test);
    const signed = await signMessage(account, terms, { issuedAt: inSeconds(599) });
    expectRefused(await logInWith(test, signed, at(inSeconds(601))), 'NONCE_EXPIRED');
    expect((await logInWith(test, signed, at(inSeconds(598)))).status).toBe(200);
  });

  it('when it was signed for the service, and the nonce is the shop’s', async () => {
    const terms = await askNonce(test, { headers: { origin: SHOP } });
    await refuses(messageFor(account.address, { ...terms, domain: 'api.example' }), 'DOMAIN_MISMATCH');
    await refuses(messageFor(account.address, { ...terms, uri: 'https://api.example' }), 'URI_MISMATCH');
  });
});

describe('what is kept', () => {
  it('has no used nonce', async () => {
    const account = newAccount();
    const { nonce, ...terms } = await askNonce(test);
    expect(await count({ table: 'wallet_nonces', column: 'nonce', value: nonce })).toBe(1);
    await logInWith(test, await signMessage(account, { nonce, ...terms }));
    expect(await count({ table: 'wallet_nonces', column: 'nonce', value: nonce })).toBe(0);
  });

  it('spells every address as EIP-55 does', async () => {
    const rows = await sql`select address from wallets`;
    expect(rows.length).toBeGreaterThan(5);
    for (const { address } of rows) expect(await test.deps.signatures.checksum(address)).toBe(address);
  });
});
