import { invalid, StripeFault } from './errors.ts';
import { type Params, parseForm } from './form.ts';
import { idempotency, type KeyedCall, type Reply } from './idempotency.ts';
import { newId } from './ids.ts';
import { forBrowser, type Keys, keyOf, secretKeyRequired } from './keys.ts';
import { text, texts } from './params.ts';
import { Preview } from './preview.ts';
import { render } from './render.ts';
import { findRoute, type Route } from './routing.ts';
import { openSession, type Session, type World } from './session.ts';
import { changeSettings, readSettings } from './settings.ts';
import type { Request } from './transport.ts';

export type Answer = Reply & { headers: Record<string, string>; isDropped?: boolean };
type Options = { world: World; keys: Keys; routes: readonly Route[] };

/** The API: one call in, one answer out, once it is on disk. */
export function api({ world, keys, routes }: Options): (request: Request) => Promise<Answer> {
  const keyed = idempotency(world);
  const answer = async (request: Request, about: Opened): Promise<Answer> => {
    const { key, account, session, isPublishable, params, route, id } = about;
    const call: KeyedCall | null =
      key && request.method === 'POST' ? { key, account, path: request.path, text: request.text } : null;
    const earlier = call ? keyed.begin(call) : undefined;
    if (earlier)
      return { ...earlier, headers: { 'idempotent-replayed': 'true', 'original-request': earlier.requestId } };
    try {
      const run = () => route.handle({ session, params, id, path: request.path, isPublishable });
      const reply = perform(session, { run, params, isPublishable, keep: (made) => call && keyed.keep(call, made) });
      await world.store.flushed();
      return { ...reply, headers: {} };
    } finally {
      if (call) keyed.end(call);
    }
  };
  return async (request) => {
    const requestId = newId('req');
    try {
      const fault = takeFault(world);
      if (typeof fault === 'number') throw forced(fault);
      const about = open(request, { world, keys, routes, requestId });
      const made = await answer(request, about);
      const named = {
        ...(about.account && { 'stripe-account': about.account }),
        ...(about.key && { 'idempotency-key': about.key }),
      };
      return { ...made, headers: { ...named, ...made.headers }, isDropped: fault === 'drop' };
    } catch (error) {
      await world.store.flushed();
      return { ...failure(openSession(world), { error, requestId }), headers: {} };
    }
  };
}

type Opened = ReturnType<typeof open>;

function open(request: Request, { world, keys, routes, requestId }: Options & { requestId: string }) {
  const { method, path, headers } = request;
  const params = readParams(request);
  const isPublishable = keyOf(keys, { headers, params }) === 'publishable';
  const found = findRoute(routes, { method, path });
  if (!found) {
    const message = `Unrecognized request URL (${method}: ${path}). The sandbox does not have it, or Stripe does not.`;
    throw invalid(message, { status: 404 });
  }
  if (isPublishable && !found.route.browser) throw secretKeyRequired();
  const version = String(headers['stripe-version'] ?? '');
  if (version && !/^\d{4}-\d{2}-\d{2}(\.\w+)?$/.test(version)) throw invalid(`Invalid Stripe API version: ${version}`);
  const account = String(headers['stripe-account'] ?? text(params, '_stripe_account') ?? '');
  if (account && !/^acct_\w+$/.test(account)) {
    throw invalid(`The provided key does not have access to account '${account}'.`, {
      code: 'account_invalid',
      status: 403,
    });
  }
  const key = String(headers['idempotency-key'] ?? '');
  const session = openSession(world, { account, request: { id: requestId, idempotency_key: key || null } });
  return { ...found, params, isPublishable, account, key, session };
}

function readParams({ method, query, headers, text: body }: Request): Params {
  const type = headers['content-type'] ?? '';
  if (method === 'POST' && body !== '' && !type.startsWith('application/x-www-form-urlencoded')) {
    throw invalid('Invalid request (check that your POST content type is application/x-www-form-urlencoded).');
  }
  return parseForm(method === 'POST' ? body : [query, body].filter(Boolean).join('&'));
}

type Performance = { run: () => object; params: Params; isPublishable: boolean; keep: (reply: Reply) => void };

function perform(session: Session, { run, params, isPublishable, keep }: Performance): Reply {
  const { store } = session.world;
  const requestId = session.request.id ?? '';
  const succeed = (object: object): Reply => {
    const shown = render(session, object, texts(params, 'expand'));
    return { status: 200, requestId, body: JSON.stringify(isPublishable ? forBrowser(shown) : shown) };
  };
  try {
    return store.transact(() => {
      const reply = settled(run, { succeed, fail: (error) => failure(session, { error, requestId }) });
      keep(reply);
      return reply;
    });
  } catch (error) {
    // Rendered inside of the transaction that is undone.
    if (error instanceof Preview) return { status: 200, requestId, body: JSON.stringify(error.shown) };
    const reply = failure(session, { error, requestId });
    if (reply.status >= 500 || isDecided(error)) store.transact(() => keep(reply));
    return reply;
  }
}

/** A refused card is an answer like another: its effects and the answer are kept together. */
function settled(
  run: () => object,
  { succeed, fail }: { succeed: (object: object) => Reply; fail: (error: unknown) => Reply },
): Reply {
  try {
    return succeed(run());
  } catch (error) {
    if (error instanceof StripeFault && error.keepsEffects) return fail(error);
    throw error;
  }
}

// A call with bad parameters never began: its key stays free.
function isDecided(error: unknown): boolean {
  return error instanceof StripeFault && error.body.code !== undefined && !error.body.code.startsWith('parameter_');
}

function failure(session: Session, { error, requestId }: { error: unknown; requestId: string }): Reply {
  if (!(error instanceof StripeFault)) {
    const message = `The sandbox failed: ${error instanceof Error ? error.stack : error}`;
    return { status: 500, requestId, body: JSON.stringify({ error: { type: 'api_error', message } }) };
  }
  return { status: error.status, requestId, body: JSON.stringify({ error: render(session, error.body) }) };
}

function takeFault(world: World): number | 'drop' | undefined {
  const [first, ...rest] = readSettings(world).faults;
  if (!first) return undefined;
  const faults = first.count > 1 ? [{ ...first, count: first.count - 1 }, ...rest] : rest;
  world.store.transact(() => changeSettings(world, { faults }));
  return first.status;
}

function forced(status: number): StripeFault {
  if (status === 429) return invalid('Too many requests hit the API too quickly.', { code: 'rate_limit', status });
  return new StripeFault(status, { type: 'api_error', message: `An error that the sandbox was asked for: ${status}.` });
}
