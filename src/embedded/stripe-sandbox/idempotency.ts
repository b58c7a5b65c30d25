import { createHash } from 'node:crypto';
import { invalid, StripeFault } from './errors.ts';
import type { World } from './session.ts';

export type Reply = { status: number; body: string; requestId: string };
type Kept = { path: string; digest: string; at: number; reply: Reply };
export type KeyedCall = { key: string; account: string; path: string; text: string };

const KEPT_MS = 24 * 3_600_000;

/**
 * Stripe's rule: the first call under a key decides, and its answer is kept with its effects, whatever it was, unless it
 * was refused before it began.
 */
export function idempotency(world: World) {
  const running = new Set<string>();
  const idOf = ({ key, account }: KeyedCall) => `${account}/${key}`;
  const digestOf = ({ text }: KeyedCall) => createHash('sha256').update(text).digest('hex');
  return {
    /** The answer of an earlier call, or nothing: then the caller has to `keep` and `end`. */
    begin: (call: KeyedCall): Reply | undefined => {
      if (call.key.length > 255) throw invalid('Idempotency keys can have up to 255 characters.');
      const id = idOf(call);
      if (running.has(id)) throw inUse(call.key);
      const kept = world.store.get('idempotency', id) as Kept | undefined;
      if (kept && kept.at + KEPT_MS > Date.now()) {
        checkSame(call, { kept, digest: digestOf(call) });
        return kept.reply;
      }
      running.add(id);
      return undefined;
    },
    keep: (call: KeyedCall, reply: Reply): void => {
      const value: Kept = { path: call.path, digest: digestOf(call), at: Date.now(), reply };
      world.store.put('idempotency', { id: idOf(call), value });
    },
    end: (call: KeyedCall): void => {
      running.delete(idOf(call));
    },
  };
}

function checkSame({ key, path }: KeyedCall, { kept, digest }: { kept: Kept; digest: string }): void {
  const advice = `Try using a key other than '${key}' if you meant to execute a different request.`;
  const fault = (what: string) =>
    new StripeFault(400, {
      type: 'idempotency_error',
      message: `Keys for idempotent requests can only be used ${what} ${advice}`,
    });
  if (kept.path !== path) throw fault(`for the same endpoint they were first used for ('${path}' vs '${kept.path}').`);
  if (kept.digest !== digest) throw fault('with the same parameters they were first used with.');
}

function inUse(key: string): StripeFault {
  return new StripeFault(409, {
    type: 'idempotency_error',
    code: 'idempotency_key_in_use',
    message: `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`,
  });
}
