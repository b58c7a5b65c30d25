import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import { type CreateSiweMessageParameters, createSiweMessage } from 'viem/siwe';
import { expect } from 'vitest';
import type { Answer, TestApp } from './test-app.ts';

export type Terms = { nonce: string; domain: string; uri: string; chainId: number; expiresAt: string };
export type SignedMessage = { message: string; signature: string };
type Change = Partial<CreateSiweMessageParameters>;

export const newAccount = (): PrivateKeyAccount => privateKeyToAccount(generatePrivateKey());

/** A nonce to sign in with, or, with the token of a user, to link to them. */
export async function askNonce(test: TestApp, call: { token?: string; headers?: object } = {}): Promise<Terms> {
  const answer = await test.call('POST', 'auth/wallet/nonce', call as object);
  expect(answer.status, answer.text).toBe(200);
  return answer.body.data;
}

/** The text that a wallet shows, as a client makes it from the terms of the nonce. */
export function messageFor(address: string, { nonce, domain, uri, chainId }: Terms, change: Change = {}): string {
  const terms = { nonce, domain, uri, chainId, issuedAt: new Date(), version: '1' as const };
  return createSiweMessage({ address: address as '0x', ...terms, ...change });
}

export async function signMessage(account: PrivateKeyAccount, terms: Terms, change?: Change): Promise<SignedMessage> {
  const message = messageFor(account.address, terms, change);
  return { message, signature: await account.signMessage({ message }) };
}

/** A message for a nonce of its own, ready to be sent. */
export async function signedBy(
  test: TestApp,
  account: PrivateKeyAccount,
  { token, change }: { token?: string; change?: Change } = {},
): Promise<SignedMessage> {
  return signMessage(account, await askNonce(test, token === undefined ? {} : { token }), change);
}

export function logInWith(test: TestApp, body: SignedMessage, headers: Record<string, string> = {}): Promise<Answer> {
  return test.call('POST', 'auth/wallet/login', { body, headers });
}

export function linkWith(test: TestApp, body: SignedMessage, token: string): Promise<Answer> {
  return test.call('POST', 'auth/wallet/link', { body, token });
}

export const unlink = (test: TestApp, address: string, token: string): Promise<Answer> =>
  test.call('DELETE', `auth/wallet/${address}`, { token });

/** Somebody who has an account by their wallet alone. */
export async function walletPerson(test: TestApp) {
  const account = newAccount();
  const answer = await logInWith(test, await signedBy(test, account));
  expect(answer.status, answer.text).toBe(200);
  return { account, userId: answer.body.data.user.id as string, token: answer.body.data.accessToken as string };
}

export function expectRefused(answer: Answer, reason: string): void {
  expect(answer.status, answer.text).toBe(401);
  expect(answer.body.error).toMatchObject({ code: 'INVALID_CREDENTIALS', details: { reason } });
}
