import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, SERVICE_UNAVAILABLE } from '../lib/errors.ts';

export type Rpc = <Result>(method: string, params: readonly unknown[]) => Promise<Result>;
type Node = { rpcUrl: string; chainId: number };
type Failure = { reason: string; message: string; tries: number; restMs: number };

const TIMEOUT_MS = 10_000;
const MAX_RESPONSE_BYTES = 64 * 1_048_576;
/** How often a call is tried: of a node that is asked too often, and of one that is down. */
const TRIES = { tooOften: 5, down: 3 };
/** How long a node is left alone that does not say for how long it wants to be. */
const REST_MS = 100;
const MAX_REST_MS = 60_000;
/** So long a call waits for the end of that; longer it is not kept: it fails without asking. */
const PATIENCE_MS = 2_000;
const LIMIT_EXCEEDED = -32_005;

/**
 * Asks one node. One that says that it is asked too often, or that fails, is left alone by everybody for a while: so long as
 * it says itself, within a minute.
 */
export function createRpc(node: Node): Rpc {
  let opened: Promise<Rpc> | undefined;
  let restsUntil = 0;
  const open = () => {
    opened ??= openRpc(node).catch((error) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
  const rest = async () => {
    const left = restsUntil - performance.now();
    if (left > PATIENCE_MS) throw refused({ reason: 'chain_unavailable', message: 'the RPC wants to be left alone' });
    // Not all at the same instant.
    if (left > 0) await sleep(left + Math.random() * REST_MS);
  };
  return async <Result>(method: string, params: readonly unknown[]): Promise<Result> => {
    for (let attempt = 1; ; attempt += 1) {
      await rest();
      try {
        return await (await open())<Result>(method, params);
      } catch (error) {
        if (error instanceof AppError) throw error;
        const failure = failureOf(error, attempt);
        restsUntil = Math.max(restsUntil, performance.now() + failure.restMs);
        if (attempt >= failure.tries) throw refused(failure);
      }
    }
  };
}

/** The node is asked for its chain once: on another one a payment would be looked for in vain. */
async function openRpc({ rpcUrl, chainId }: Node): Promise<Rpc> {
  // Loaded with the first look at a chain: most processes never have one.
  const { http } = await import('viem');
  const options = { timeout: TIMEOUT_MS, retryCount: 0, maxResponseBodySize: MAX_RESPONSE_BYTES };
  const { request } = http(rpcUrl, options)({});
  const rpc: Rpc = async (method, params) => (await request({ method, params })) as never;
  const found = Number(await rpc<string>('eth_chainId', []));
  if (found === chainId) return rpc;
  throw refused({ reason: 'chain_mismatch', message: `the RPC of chain ${chainId} serves chain ${found}` });
}

function refused({ reason, message }: Pick<Failure, 'reason' | 'message'>): AppError {
  return new AppError(SERVICE_UNAVAILABLE, { reason }, { cause: new Error(message) });
}

type RpcError = { name?: string; details?: string; status?: number; code?: number; headers?: Headers; cause?: unknown };

function failureOf(error: unknown, attempt: number): Failure {
  const { shortMessage, name, details } = error as RpcError & { shortMessage?: string };
  const { status, code, headers } = saidIn(error);
  const isRevert = name === 'RpcRequestError' && /revert|invalid opcode|out of gas/i.test(details ?? '');
  const isTooOften = status === 429 || code === LIMIT_EXCEEDED || code === 429;
  const isDown = (status ?? 0) >= 500 || (name === 'HttpRequestError' && status === undefined);
  const tries = isTooOften ? TRIES.tooOften : isDown ? TRIES.down : 1;
  return {
    reason: isRevert ? 'chain_refused' : 'chain_unavailable',
    // The error's own message has the address of the RPC in it, which may hold a key.
    message: shortMessage ?? 'the RPC failed',
    tries,
    restMs: tries > 1 ? (askedRest(headers) ?? REST_MS * 2 ** attempt) : 0,
  };
}

// It may be wrapped in another one.
function saidIn(error: unknown): RpcError {
  const chain: RpcError[] = [];
  for (let one = error as RpcError | undefined; one && chain.length < 5; one = one.cause as RpcError | undefined) {
    chain.push(one);
  }
  return Object.assign({}, ...chain.reverse().map(({ status, code, headers }) => known({ status, code, headers })));
}

const known = (fields: object) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** Retry-After in seconds, as an RPC says it. */
function askedRest(headers: Headers | undefined): number | undefined {
  const seconds = headers?.get('retry-after');
  return seconds && /^\d{1,9}$/.test(seconds) ? Math.min(Number(seconds) * 1_000, MAX_REST_MS) : undefined;
}
