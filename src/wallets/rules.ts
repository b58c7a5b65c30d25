/** What an EIP-4361 message says, as far as it is looked at. */
export type SignInMessage = {
  scheme: string | null;
  domain: string;
  address: string;
  uri: string;
  version: string;
  chainId: number;
  nonce: string;
  issuedAt: Date;
  expirationTime: Date | null;
  notBefore: Date | null;
};

/** Wallets of one account: each sign-in lists them. */
export const MAX_WALLETS = 20;

/** What a nonce was given out for. */
export type NonceTerms = {
  userId: string | null;
  domain: string;
  uri: string;
  chainId: number;
  expiresAt: Date;
};

export type Reason =
  | 'MALFORMED_MESSAGE'
  | 'VERSION_UNSUPPORTED'
  | 'NONCE_UNKNOWN'
  | 'NONCE_FOR_OTHER_USE'
  | 'NONCE_EXPIRED'
  | 'DOMAIN_MISMATCH'
  | 'URI_MISMATCH'
  | 'CHAIN_MISMATCH'
  | 'MESSAGE_TOO_OLD'
  | 'MESSAGE_FROM_FUTURE'
  | 'MESSAGE_EXPIRED'
  | 'MESSAGE_NOT_YET_VALID'
  | 'BAD_SIGNATURE';

export type MessageDecision = { ok: true } | { ok: false; reason: Reason };

type Terms = { nonce: NonceTerms | undefined; userId: string | null; now: Date; maxAgeSeconds: number };

/**
 * Whether a message is good for this use, apart from its signature (EIP-4361). A nonce given to a signed-in user only
 * links a wallet to that user, any other only signs in: a message signed for one cannot be used for the other.
 */
export function decideMessage(message: SignInMessage, { nonce, userId, now, maxAgeSeconds }: Terms): MessageDecision {
  // Asked so that a date that is none refuses.
  const ageSeconds = (now.getTime() - message.issuedAt.getTime()) / 1000;
  if (message.version !== '1') return no('VERSION_UNSUPPORTED');
  if (!nonce) return no('NONCE_UNKNOWN');
  if (nonce.userId !== userId) return no('NONCE_FOR_OTHER_USE');
  if (!(nonce.expiresAt > now)) return no('NONCE_EXPIRED');
  if (message.domain !== nonce.domain) return no('DOMAIN_MISMATCH');
  if (message.scheme !== null && `${message.scheme}://${nonce.domain}` !== nonce.uri) return no('DOMAIN_MISMATCH');
  if (message.uri !== nonce.uri) return no('URI_MISMATCH');
  if (message.chainId !== nonce.chainId) return no('CHAIN_MISMATCH');
  if (!(ageSeconds <= maxAgeSeconds)) return no('MESSAGE_TOO_OLD');
  if (!(ageSeconds >= -maxAgeSeconds)) return no('MESSAGE_FROM_FUTURE');
  if (message.expirationTime && !(message.expirationTime > now)) return no('MESSAGE_EXPIRED');
  if (message.notBefore && !(message.notBefore <= now)) return no('MESSAGE_NOT_YET_VALID');
  return { ok: true };
}

function no(reason: Reason): MessageDecision {
  return { ok: false, reason };
}

const NO_ORIGIN = 'http://localhost';

/**
 * The site that a message is to name: the caller's own if the configuration lists it, else the service's. A list that
 * lets everybody in vouches for nobody.
 */
export function chooseOrigin(
  origin: string | undefined,
  { listed, publicUrl }: { listed: readonly string[]; publicUrl: string | undefined },
): { domain: string; uri: string } {
  const isListed = origin !== undefined && origin !== '*' && listed.includes(origin);
  const url = new URL(isListed ? origin : (publicUrl ?? NO_ORIGIN));
  return { domain: url.host, uri: url.origin };
}

/** An account keeps a way to sign in: another wallet, or an e-mail with a password. */
export function isLastCredential(credentials: { wallets: number; email: string | null; passwordHash: string | null }) {
  return credentials.wallets <= 1 && (credentials.email === null || credentials.passwordHash === null);
}
