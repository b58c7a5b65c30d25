import { availableParallelism } from 'node:os';
import argon2 from 'argon2';
import { createGate } from '../lib/gate.ts';

/** OWASP's argon2id parameters: 19 MiB, 2 passes, 1 lane. */
export const HASH_PARAMETERS = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

// Verified against when the user is unknown, so that the answer takes as long as a wrong password does.
const DUMMY_HASH = '$argon2id$v=19$m=19456,t=2,p=1$dHRjb25uZWN0LWR1bW15IQ$uDNi7kdC/3QJjxTrliLLw2HX3JR3pCN49uQ1hQw+dGU';

const QUEUE_PER_WORKER = 40;

export type Passwords = {
  hash: (password: string) => Promise<string>;
  /** False too when there is no hash, after the same work. */
  verify: (hash: string | null, password: string) => Promise<boolean>;
  needsRehash: (hash: string) => boolean;
  isCommon: (password: string) => Promise<boolean>;
  stats: () => { running: number; waiting: number };
};

/**
 * Hashing behind a bounded queue: it runs on libuv's pool, which files and DNS share, and at ten times the capacity
 * it is better to say 503 at once than to answer everybody late.
 */
export function createPasswords(concurrency = Math.max(1, availableParallelism() - 1)): Passwords {
  const gate = createGate({ atOnce: concurrency, maxWaiting: concurrency * QUEUE_PER_WORKER });
  let common: Promise<Set<string>> | undefined;

  return {
    hash: (password) => gate.run(() => argon2.hash(canonical(password), HASH_PARAMETERS)),
    verify: async (hash, password) => {
      const matches = await gate.run(() => argon2.verify(hash ?? DUMMY_HASH, canonical(password)));
      return matches && hash !== null;
    },
    needsRehash: (hash) => argon2.needsRehash(hash, HASH_PARAMETERS),
    isCommon: async (password) => {
      common ??= loadCommonPasswords();
      return (await common).has(canonical(password).toLowerCase());
    },
    stats: gate.stats,
  };
}

// Read when the first password is chosen: most processes never need the list.
async function loadCommonPasswords(): Promise<Set<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return new Set(dictionary['passwords-common'].filter((word) => word.length >= 8));
}

// The same password typed on two keyboards must be the same bytes (NIST SP 800-63B, 5.1.1.2).
function canonical(password: string): string {
  return password.normalize('NFKC');
}
