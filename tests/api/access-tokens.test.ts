import { createPrivateKey, createPublicKey } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Person, register } from '../support/people.ts';
import { startTestApp } from '../support/test-app.ts';
import { decodeToken, forge, forgeHmac, forgeUnsigned } from '../support/tokens.ts';

const test = await startTestApp();
const { call } = test;
let person: Person;
let claims: Record<string, any>;

beforeAll(async () => {
  person = await register(test);
  claims = decodeToken(person.token).claims;
});

const verify = (token: string) => call('GET', 'auth/verify', { token });

describe('access tokens', () => {
  it('carry the required claims, for at most 15 minutes, with a published key', async () => {
    const { header } = decodeToken(person.token);
    expect(header).toMatchObject({ alg: 'EdDSA' });
    expect(Object.keys(claims).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'sid', 'sub']);
    expect(claims['exp'] - claims['iat']).toBeLessThanOrEqual(900);
    const jwks = await call('GET', '/.well-known/jwks.json');
    expect(jwks.body.keys[0]).toMatchObject({ kid: header['kid'], kty: 'OKP', crv: 'Ed25519' });
    expect(jwks.body.keys[0].d).toBeUndefined();
  });

  it('say whom they are for', async () => {
    const answer = await verify(person.token);
    expect(answer.body.data).toMatchObject({
      valid: true,
      principal: { type: 'user', userId: person.userId, sessionId: person.sessionId },
      expiresAt: new Date(claims['exp'] * 1000).toISOString(),
    });
  });

  it('work when forged exactly, so that the refusals below mean something', async () => {
    expect((await verify(forge(test, claims))).status).toBe(200);
  });

  const without = (name: string) => Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name));
  const publicPem = () =>
    createPublicKey(createPrivateKey(test.deps.config.JWT_PRIVATE_KEY))
      .export({ format: 'pem', type: 'spki' })
      .toString();

  it.each([
    ['alg none', () => forgeUnsigned(claims)],
    ['no signature', () => person.token.replace(/\.[^.]*$/, '.')],
    ['another algorithm', () => forgeHmac(claims, publicPem())],
    ['no exp', () => forge(test, without('exp'))],
    ['no sub', () => forge(test, without('sub'))],
    ['no sid', () => forge(test, without('sid'))],
    ['no iss', () => forge(test, without('iss'))],
    ['no aud', () => forge(test, without('aud'))],
    ['string exp', () => forge(test, { ...claims, exp: String(claims['exp']) })],
    ['other issuer', () => forge(test, { ...claims, iss: 'somebody' })],
    ['other audience', () => forge(test, { ...claims, aud: 'something' })],
    ['array audience of strangers', () => forge(test, { ...claims, aud: ['a', 'b'] })],
    ['crit', () => forge(test, claims, { crit: ['exp'] })],
    ['unknown crit', () => forge(test, claims, { crit: ['b64'], b64: false })],
    ['session that is no UUID', () => forge(test, { ...claims, sid: 'x' })],
    ['the session of somebody else', () => forge(test, { ...claims, sub: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071' })],
    ['an exp beyond all dates', () => forge(test, { ...claims, exp: 1e300 })],
    ['object subject', () => forge(test, { ...claims, sub: { a: 1 } })],
    ['a refresh token', () => person.refreshToken],
    [
      'tampered claims',
      () => person.token.replace(/\.[^.]+\./, `.${Buffer.from('{"sub":"1"}').toString('base64url')}.`),
    ],
    ['garbage', () => 'a.b.c'],
    ['one segment', () => 'abc'],
    ['long garbage', () => 'a'.repeat(7000)],
  ])('refuses %s with 401', async (_name, make) => {
    const answer = await verify(make());
    expect(answer.status).toBe(401);
    expect(answer.body.error.code).toBe('UNAUTHORIZED');
    expect(answer.headers['www-authenticate']).toBe('Bearer');
  });

  it('tells an expired one from a bad one', async () => {
    const past = claims['iat'] - 3600;
    const answer = await verify(forge(test, { ...claims, iat: past, exp: past + 900 }));
    expect(answer.status).toBe(401);
    expect(answer.body.error.code).toBe('TOKEN_EXPIRED');
  });

  it.each([['Basic abc'], ['Bearer'], ['Bearer a b'], ['bearer '], ['']])(
    'refuses the header %j',
    async (authorization) => {
      const answer = await call('GET', 'auth/verify', { headers: { authorization } });
      expect(answer.status).toBe(401);
    },
  );
});
