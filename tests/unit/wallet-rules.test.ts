import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWalletSignatures } from '#src/clients/wallet-signatures.ts';
import { parseMessage } from '#src/wallets/parse-message.ts';
import { chooseOrigin, decideMessage, isLastCredential, type NonceTerms, type Reason } from '#src/wallets/rules.ts';
import { messageFor, newAccount } from '../support/siwe.ts';

fc.configureGlobal({ seed: 20_261_123 });

const now = new Date('2026-11-23T12:00:00.000Z');
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);
const ADDRESS = '0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045';

const nonce: NonceTerms = {
  userId: null,
  domain: 'shop.example:8443',
  uri: 'https://shop.example:8443',
  chainId: 10,
  expiresAt: ago(-600),
};
const message = {
  scheme: null,
  domain: 'shop.example:8443',
  address: ADDRESS,
  uri: 'https://shop.example:8443',
  version: '1',
  chainId: 10,
  nonce: 'abcdefgh',
  issuedAt: now,
  expirationTime: null,
  notBefore: null,
};
const terms = { nonce, userId: null, now, maxAgeSeconds: 300 };
const reasonOf = (...input: Parameters<typeof decideMessage>) => {
  const decision = decideMessage(...input);
  return decision.ok ? 'ok' : decision.reason;
};

describe('a message', () => {
  it.each<[string, object, Reason | 'ok']>([
    ['as it should be', {}, 'ok'],
    ['with the scheme of the site', { scheme: 'https' }, 'ok'],
    ['with another scheme', { scheme: 'http' }, 'DOMAIN_MISMATCH'],
    ['of version 2', { version: '2' }, 'VERSION_UNSUPPORTED'],
    ['for another site', { domain: 'evil.example:8443' }, 'DOMAIN_MISMATCH'],
    ['for another port', { domain: 'shop.example' }, 'DOMAIN_MISMATCH'],
    ['for the site in capitals', { domain: 'SHOP.example:8443' }, 'DOMAIN_MISMATCH'],
    ['for a longer name', { domain: 'shop.example:8443.evil.example' }, 'DOMAIN_MISMATCH'],
    ['with a path in its URI', { uri: 'https://shop.example:8443/login' }, 'URI_MISMATCH'],
    ['for another chain', { chainId: 1 }, 'CHAIN_MISMATCH'],
    ['as old as may be', { issuedAt: ago(300) }, 'ok'],
    ['older', { issuedAt: ago(300.001) }, 'MESSAGE_TOO_OLD'],
    ['as early as may be', { issuedAt: ago(-300) }, 'ok'],
    ['earlier', { issuedAt: ago(-300.001) }, 'MESSAGE_FROM_FUTURE'],
    ['without a date', { issuedAt: new Date(Number.NaN) }, 'MESSAGE_TOO_OLD'],
    ['expiring now', { expirationTime: now }, 'MESSAGE_EXPIRED'],
    ['expiring in a moment', { expirationTime: ago(-0.001) }, 'ok'],
    ['valid from now', { notBefore: now }, 'ok'],
    ['valid in a moment', { notBefore: ago(-0.001) }, 'MESSAGE_NOT_YET_VALID'],
  ])('%s', (_name, change, expected) => {
    expect(reasonOf({ ...message, ...change }, terms)).toBe(expected);
  });

  it.each<[string, object, Reason | 'ok']>([
    ['unknown', { nonce: undefined }, 'NONCE_UNKNOWN'],
    ['for signing in, used to link', { userId: 'me' }, 'NONCE_FOR_OTHER_USE'],
    ['for linking, used to sign in', { nonce: { ...nonce, userId: 'me' } }, 'NONCE_FOR_OTHER_USE'],
    ['of somebody else', { nonce: { ...nonce, userId: 'them' }, userId: 'me' }, 'NONCE_FOR_OTHER_USE'],
    ['for linking, used to link', { nonce: { ...nonce, userId: 'me' }, userId: 'me' }, 'ok'],
    ['expiring now', { nonce: { ...nonce, expiresAt: now } }, 'NONCE_EXPIRED'],
    ['expiring in a moment', { nonce: { ...nonce, expiresAt: ago(-0.001) } }, 'ok'],
  ])('with a nonce %s', (_name, change, expected) => {
    expect(reasonOf(message, { ...terms, ...change })).toBe(expected);
  });

  it('is good only when every part agrees', () => {
    const flips = fc.record({
      domain: fc.boolean(),
      uri: fc.boolean(),
      chainId: fc.boolean(),
      age: fc.integer({ min: -400, max: 400 }),
      userId: fc.boolean(),
      expiresIn: fc.integer({ min: -5, max: 5 }),
    });
    fc.assert(
      fc.property(flips, ({ domain, uri, chainId, age, userId, expiresIn }) => {
        const changed = {
          ...message,
          ...(domain && { domain: 'x' }),
          ...(uri && { uri: 'x' }),
          ...(chainId && { chainId: 11 }),
          issuedAt: ago(age),
        };
        const given = { ...nonce, expiresAt: ago(-expiresIn) };
        const isGood = reasonOf(changed, { ...terms, nonce: given, userId: userId ? 'me' : null }) === 'ok';
        expect(isGood).toBe(!domain && !uri && !chainId && !userId && Math.abs(age) <= 300 && expiresIn > 0);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the text of a message', () => {
  const given = { nonce: 'abcdefgh', domain: 'shop.example:8443', uri: 'https://shop.example:8443', chainId: 10 };
  const textOf = (change = {}) => messageFor(ADDRESS, { ...given, expiresAt: '' }, { issuedAt: now, ...change });
  const plain = textOf();

  it('is read as EIP-4361 writes it', () => {
    expect(parseMessage(plain)).toEqual(message);
    const full = textOf({
      scheme: 'https',
      statement: 'I accept the terms: https://shop.example/terms',
      expirationTime: ago(-60),
      notBefore: ago(60),
      requestId: 'r 1',
      resources: ['https://shop.example/a', 'ipfs://bafy'],
    });
    const dates = { expirationTime: ago(-60), notBefore: ago(60) };
    expect(parseMessage(full)).toEqual({ ...message, scheme: 'https', ...dates });
  });

  it('may have dates with an offset, and more or fewer digits', () => {
    for (const date of ['2026-11-23T13:00:00+01:00', '2026-11-23T12:00:00Z', '2026-11-23T12:00:00.000000Z']) {
      expect(parseMessage(plain.replace(/Issued At: .*/, `Issued At: ${date}`))?.issuedAt).toEqual(now);
    }
  });

  it.each<[string, string]>([
    ['empty', ''],
    ['something else', 'hello'],
    ['something in front', `\n${plain}`],
    ['something behind', `${plain}\n`],
    ['another line', `${plain}\nSpoof: 1`],
    ['a second message', `${plain}\n\n${plain}`],
    ['Windows line ends', plain.replaceAll('\n', '\r\n')],
    ['no blank line', plain.replace('\n\n', '\n')],
    ['a statement of two lines', textOf({ statement: 'one' }).replace('one', 'one\ntwo')],
    [
      'fields in the statement',
      plain.replace('\n\n\nURI', '\n\nx\n\nURI: https://shop.example:8443\nVersion: 1\n\nURI'),
    ],
    ['no nonce', plain.replace('\nNonce: abcdefgh', '')],
    ['an empty nonce', plain.replace('abcdefgh', '')],
    ['a short nonce', plain.replace('abcdefgh', 'abcdefg')],
    ['a nonce of other characters', plain.replace('abcdefgh', 'abcd-efgh')],
    ['two nonces', plain.replace('Nonce: abcdefgh', 'Nonce: abcdefgh\nNonce: bcdefghi')],
    ['no date', plain.replace(/\nIssued At: .*/, '')],
    ['a date in words', plain.replace(/Issued At: .*/, 'Issued At: today')],
    ['a date that does not exist', plain.replace(/Issued At: .*/, 'Issued At: 2026-13-45T99:00:00Z')],
    ['an expiration in words', textOf({ expirationTime: now }).replace(/Time: .*/, 'Time: never')],
    ['no chain', plain.replace('\nChain ID: 10', '')],
    ['a chain in hexadecimal', plain.replace('Chain ID: 10', 'Chain ID: 0xa')],
    ['a chain of a hundred digits', plain.replace('Chain ID: 10', `Chain ID: ${'1'.repeat(100)}`)],
    ['a short address', plain.replace(ADDRESS, ADDRESS.slice(0, -1))],
    ['no domain', plain.replace('shop.example:8443 wants', ' wants')],
    ['a path in the domain', plain.replace('shop.example:8443 wants', 'shop.example:8443/x wants')],
  ])('is refused with %s', (_name, text) => {
    expect(parseMessage(plain)).not.toBeNull();
    expect(parseMessage(text)).toBeNull();
  });

  it('takes no longer for what is made to be slow', () => {
    const started = performance.now();
    for (const part of ['a', 'a://', '\n- a', ' wants you to', `${ADDRESS}\n\n`, 'Nonce: ']) {
      expect(parseMessage(part.repeat(4096 / part.length))).toBeNull();
      expect(parseMessage(`${plain}\nResources:${part.repeat(3000 / part.length)}\n`)).toBeNull();
    }
    expect(performance.now() - started).toBeLessThan(100);
  });
});

describe('the site that a message is to name', () => {
  const listed = ['https://shop.example', 'http://localhost:5173'];
  const site = (origin: string | undefined, change = {}) =>
    chooseOrigin(origin, { listed, publicUrl: 'https://api.example/base', ...change });

  it.each<[string, string | undefined, object, string]>([
    ['is the caller, when listed', 'https://shop.example', {}, 'https://shop.example'],
    ['with the port', 'http://localhost:5173', {}, 'http://localhost:5173'],
    ['is the service for a stranger', 'https://evil.example', {}, 'https://api.example'],
    ['is the service without an origin', undefined, {}, 'https://api.example'],
    ['is the service for a hidden origin', 'null', {}, 'https://api.example'],
    ['is the service when everybody may call', 'https://shop.example', { listed: ['*'] }, 'https://api.example'],
    ['is the service for a star', '*', { listed: ['*'] }, 'https://api.example'],
    ['is localhost when nothing is said', undefined, { publicUrl: undefined }, 'http://localhost'],
  ])('%s', (_name, origin, change, uri) => {
    expect(site(origin, change)).toEqual({ domain: new URL(uri).host, uri });
  });
});

describe('the last way to sign in', () => {
  it.each<[number, string | null, string | null, boolean]>([
    [1, null, null, true],
    [1, 'a@example.com', null, true],
    [1, null, 'hash', true],
    [1, 'a@example.com', 'hash', false],
    [2, null, null, false],
    [2, 'a@example.com', 'hash', false],
  ])('with %d wallets, e-mail %s and password %s: %s', (wallets, email, passwordHash, expected) => {
    expect(isLastCredential({ wallets, email, passwordHash })).toBe(expected);
  });
});

describe('a signature without an RPC', () => {
  const signatures = createWalletSignatures({ rpcUrl: undefined, chainId: 1 });
  const account = newAccount();

  it('is that of the key, over the very text', async () => {
    const signature = await account.signMessage({ message: 'ünï\ntext' });
    const verify = (change: object) =>
      signatures.verify({ address: account.address, message: 'ünï\ntext', signature, ...change });
    expect(await verify({})).toBe(true);
    expect(await verify({ address: account.address.toLowerCase() })).toBe(true);
    expect(await verify({ message: 'ünï\ntext ' })).toBe(false);
    expect(await verify({ address: newAccount().address })).toBe(false);
    for (const broken of ['0x00', `0x${'00'.repeat(65)}`, `0x${'ff'.repeat(65)}`, `${signature}00`, '0x']) {
      expect(await verify({ signature: broken }), broken).toBe(false);
    }
  });

  it('never stands for the zero address', async () => {
    const address = `0x${'0'.repeat(40)}`;
    for (const signature of [`0x${'00'.repeat(65)}`, `0x${'11'.repeat(64)}1b`, `0x${'00'.repeat(64)}1b`]) {
      expect(await signatures.verify({ address, message: 'text', signature })).toBe(false);
    }
  });

  it('spells addresses as EIP-55 does', async () => {
    expect(await signatures.checksum(ADDRESS.toLowerCase())).toBe(ADDRESS);
    expect(await signatures.checksum(`0x${ADDRESS.slice(2).toUpperCase()}`)).toBe(ADDRESS);
  });
});
