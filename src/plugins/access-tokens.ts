import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import jwt from '@fastify/jwt';
import fp from 'fastify-plugin';
import type { Config } from '../config.ts';
import type { Ctx } from '../context.ts';
import { AppError, TOKEN_EXPIRED, UNAUTHORIZED } from '../lib/errors.ts';
import { isUuid } from '../lib/ids.ts';
import { LIFETIMES } from '../lib/limits.ts';

export type AccessClaims = { sub: string; sid: string; exp: number };

declare module 'fastify' {
  interface FastifyInstance {
    signAccessToken: Ctx['signAccessToken'];
    verifyAccessToken: (token: string, now: Date) => AccessClaims;
    jwks: { keys: object[] };
  }
}

// Beyond it a Date cannot follow.
const MAX_SECONDS = 8.64e12;
const AUDIENCE = 'ttconnect-api';

/** Access tokens: JWT by Ed25519, one algorithm, every claim required and checked (RFC 8725). */
export const accessTokens = fp<{ config: Config }>(
  async (app, { config }) => {
    const issuer = config.PUBLIC_URL ?? 'ttconnect';
    const publicKey = createPublicKey(createPrivateKey(config.JWT_PRIVATE_KEY));
    const { kty, crv, x } = publicKey.export({ format: 'jwk' });
    const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url');

    const verify = {
      algorithms: ['EdDSA' as const],
      allowedIss: issuer,
      allowedAud: AUDIENCE,
      requiredClaims: ['exp', 'iss', 'aud', 'sub', 'sid', 'iat'],
      cache: 5_000,
    };
    await app.register(jwt, {
      secret: { private: config.JWT_PRIVATE_KEY, public: publicKey.export({ format: 'pem', type: 'spki' }).toString() },
      sign: { algorithm: 'EdDSA', kid, iss: issuer, aud: AUDIENCE },
      verify,
    });

    app.decorate('jwks', { keys: [{ kty, crv, x, kid, use: 'sig', alg: 'EdDSA' }] });
    app.decorate('signAccessToken', ({ userId, sessionId, issuedAt }) => {
      const iat = Math.floor(issuedAt.getTime() / 1000);
      return app.jwt.sign({ sub: userId, sid: sessionId, iat, exp: iat + LIFETIMES.accessToken });
    });
    app.decorate('verifyAccessToken', (token, now) => {
      try {
        const drift = Math.abs(now.getTime() - Date.now()) > 1_000;
        // Only a test clock is that far off: then the cache, which lives on the real one, is left out.
        const claims = drift
          ? app.jwt.verify<AccessClaims>(token, { ...verify, cache: false, clockTimestamp: now.getTime() })
          : app.jwt.verify<AccessClaims>(token);
        if (isUuid(claims.sub) && isUuid(claims.sid) && claims.exp < MAX_SECONDS) return claims;
      } catch (error) {
        if ((error as { code?: string }).code === 'FAST_JWT_EXPIRED') throw new AppError(TOKEN_EXPIRED);
      }
      throw new AppError(UNAUTHORIZED);
    });
  },
  { name: 'access-tokens' },
);
