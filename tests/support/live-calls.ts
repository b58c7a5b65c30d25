import { randomUUID } from 'node:crypto';
import type { Operation } from './operations.ts';
import { urlOf } from './operations.ts';
import { mailedToken, PASSWORD, uniqueEmail } from './people.ts';
import { quickPerson } from './quick-people.ts';
import { newAccount, signedBy } from './siwe.ts';
import type { TestApp } from './test-app.ts';
import { createFullBrand, type FullBrand } from './world.ts';

export type LiveCall = { url: string; token: string; body: any; brand: FullBrand };

/** Bodies and callers that an example cannot give, because they name something living. */
const LIVE: Record<string, (test: TestApp, brand: FullBrand) => Promise<Partial<LiveCall>>> = {
  logIn: async (_test, { owner }) => ({ body: { email: owner.email, password: PASSWORD } }),
  changePassword: async () => ({ body: { currentPassword: PASSWORD, newPassword: 'silent-meadow-72' } }),
  resetPassword: async (test, { owner }) => {
    await test.call('POST', 'auth/password/forgot', { body: { email: owner.email } });
    return { body: { token: await mailedToken(test, owner.email), password: 'silent-meadow-72' } };
  },
  verifyEmail: async (test, { owner }) => {
    await test.call('POST', 'auth/email/resend', { token: owner.token });
    return { body: { token: await mailedToken(test, owner.email) } };
  },
  logInWithWallet: async (test) => ({ body: await signedBy(test, newAccount()) }),
  linkWallet: async (test, { owner: { token } }) => ({ body: await signedBy(test, newAccount(), { token }) }),
  getPoints: async (test, { tenantId }) => {
    const { token } = await quickPerson(test, 'collecting');
    await test.call('POST', `tenants/${tenantId}/membership/join`, { token });
    return { token };
  },
  joinMembership: async (test) => ({ token: (await quickPerson(test, 'joining')).token }),
  leaveMembership: async (test, { tenantId }) => {
    const { token } = await quickPerson(test, 'leaving');
    await test.call('POST', `tenants/${tenantId}/membership/join`, { token });
    return { token };
  },
  refreshSession: async (_test, { owner }) => ({ body: { refreshToken: owner.refreshToken } }),
  acceptInvitation: async (test, { tenantId, owner }) => {
    const { email, token } = await quickPerson(test, 'invited');
    await test.call('POST', `tenants/${tenantId}/team`, { token: owner.token, body: { email, role: 'staff' } });
    return { token, body: { token: await mailedToken(test, email) } };
  },
};

/** A call of this operation that succeeds: the owner of a new brand, its newest objects, the documented example. */
export async function liveCall(test: TestApp, operation: Operation): Promise<LiveCall> {
  const brand = await createFullBrand(test);
  const body = operation.body && withUniqueNames(operation.example);
  const live = await LIVE[operation.id]?.(test, brand);
  return { url: urlOf(operation, brand.params), token: brand.owner.token, body, brand, ...live };
}

/** The example with new values where two objects cannot share one. */
export function withUniqueNames(example: object): object {
  const body: Record<string, unknown> = { ...example };
  if ('email' in body) body['email'] = uniqueEmail('live');
  if ('code' in body) body['code'] = `c${randomUUID().slice(0, 18)}`;
  if ('externalId' in body) body['externalId'] = randomUUID();
  if ('subdomain' in body) body['subdomain'] = `s${randomUUID().slice(0, 18)}`;
  return body;
}
