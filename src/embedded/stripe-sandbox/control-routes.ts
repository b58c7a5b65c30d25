import { authenticateIntent } from './confirm-intent.ts';
import type { Control, DisputeReason } from './control.ts';
import { invalid, noSuch, StripeFault } from './errors.ts';
import { parseForm } from './form.ts';
import { homePage } from './home-page.ts';
import { escapeHtml, page } from './html.ts';
import { render } from './render.ts';
import { find, openSession, type World } from './session.ts';
import type { Settings } from './settings.ts';
import { authenticateSetup } from './setup-intents.ts';
import type { Plain, Request } from './transport.ts';

type Input = Record<string, unknown>;

/** The pages and the JSON endpoints for developers and tests. */
export function controlRoutes(world: World, control: Control): (request: Request) => Promise<Plain> {
  return async (request) => {
    try {
      const made = answer(world, { control, request });
      await control.flushed();
      return made;
    } catch (error) {
      if (!(error instanceof StripeFault)) throw error;
      return json({ error: { message: error.message } }, error.status);
    }
  };
}

function json(value: unknown, status = 200): Plain {
  return { status, type: 'application/json', body: `${JSON.stringify(value ?? {}, null, 2)}\n` };
}

function html(title: string, body: string): Plain {
  return { status: 200, type: 'text/html', body: page(title, body) };
}

type About = { control: Control; request: Request };

function answer(world: World, { control, request }: About): Plain {
  const { method, path } = request;
  if (method === 'GET' && path === '/') return { status: 200, type: 'text/html', body: homePage(world.baseUrl()) };
  const [, area, name = '', id = '', verb = ''] = path.split('/');
  if (area !== '_sandbox') throw invalid(`There is no ${path} here.`, { status: 404 });
  if (name === 'authenticate') return authentication(world, { request, id });
  if (method === 'GET' && name === 'clock') return json({ now: control.now() });
  if (method === 'GET' && name === 'deliveries')
    return json({ data: control.deliveries(), settings: control.settings() });
  if (method === 'GET' && name === 'receipts')
    return html('Receipt', `<p>The charge <code>${escapeHtml(id)}</code> was paid.</p>`);
  if (method !== 'POST') throw invalid(`There is no ${path} here.`, { status: 404 });
  // Other web pages can send forms here, but not JSON: that asks for leave first, which they do not get.
  if (!request.headers['content-type']?.startsWith('application/json')) {
    throw invalid('Send JSON, with content-type: application/json.', { status: 415 });
  }
  const input = readJson(request.text);
  const result = command(control, { path: [name, id, verb].filter(Boolean).join('/'), name, id, verb, input });
  return json(result);
}

function readJson(text: string): Input {
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    throw invalid('The body is not JSON.');
  }
}

type Command = { path: string; name: string; id: string; verb: string; input: Input };

function command(control: Control, { path, name, id, verb, input }: Command): unknown {
  const count = Number(input['count'] ?? 1);
  if (!Number.isSafeInteger(count) || count < 0) throw invalid('count must be a whole number.');
  const account = typeof input['account'] === 'string' ? input['account'] : undefined;
  const commands: Record<string, () => unknown> = {
    'clock/advance': () => ({ now: control.advance(secondsOf(control, input)) }),
    'deliveries/pause': () => control.pause(),
    'deliveries/resume': () => control.resume(input['order'] === 'reverse' ? 'reverse' : undefined),
    'deliveries/reverse': () => control.reverse(count),
    'deliveries/duplicate': () => control.duplicate(count),
    'deliveries/drop': () => control.drop(count),
    'deliveries/replay': () => ({ data: control.replay(input['event'] as string | undefined) }),
    'charges/decline-next': () => {
      const { count: _count, ...decline } = input;
      return control.declineNext(decline, count);
    },
    'requests/fail-next': () =>
      control.failNext(input['status'] === 'drop' ? 'drop' : Number(input['status'] ?? 500), count),
    billing: () => control.billing(billingOf(input)),
    disputes: () =>
      control.dispute({
        charge: String(input['charge'] ?? input['payment_intent']),
        reason: input['reason'] as DisputeReason,
        account,
      }),
    reset: () => control.reset(),
  };
  const found = commands[path];
  if (found) return found();
  if (name === 'disputes' && verb === 'close')
    return control.closeDispute({ id, isWon: input['outcome'] === 'won', account });
  if (name === 'refunds' && verb === 'fail') return control.failRefund({ id, account });
  throw invalid(`There is no ${path} here.`, { status: 404 });
}

function billingOf({ retryDays, afterRetries }: Input): Partial<Pick<Settings, 'retryDays' | 'afterRetries'>> {
  const isDays = Array.isArray(retryDays) && retryDays.every((days) => Number.isSafeInteger(days) && days > 0);
  if (retryDays !== undefined && !isDays) throw invalid('retryDays must be a list of whole numbers of days.');
  if (![undefined, 'cancel', 'unpaid'].includes(afterRetries as string))
    throw invalid('afterRetries is "cancel" or "unpaid".');
  return {
    ...(isDays && { retryDays }),
    ...(afterRetries !== undefined && { afterRetries: afterRetries as Settings['afterRetries'] }),
  };
}

function secondsOf(control: Control, { seconds = 0, hours = 0, days = 0, to }: Input): number {
  if (to !== undefined) return Number(to) - control.now();
  return Number(seconds) + Number(hours) * 3600 + Number(days) * 86_400;
}

/** Where a card sends its holder: the page, and what its two buttons do. */
function authentication(world: World, { request, id }: { request: Request; id: string }): Plain {
  const { method, text, headers, query } = request;
  const isJson = headers['content-type']?.startsWith('application/json') ?? false;
  const input: Input = { ...parseForm(query), ...(method === 'POST' && (isJson ? readJson(text) : parseForm(text))) };
  const session = openSession(world, { account: String(input['account'] ?? '') });
  const [payment, setup] = [find(session, { in: 'payment_intents', id }), find(session, { in: 'setup_intents', id })];
  const intent = payment ?? setup;
  if (!intent || intent.client_secret !== input['client_secret']) throw noSuch('intent', id);
  if (method !== 'POST') return html('Authenticate the payment', authenticationForm(input));
  const isPassed = input['outcome'] === 'succeed';
  const returnUrl = intent.next_action?.redirect_to_url?.return_url;
  const { intent: after } = world.store.transact(() =>
    payment
      ? authenticateIntent(session, { intent: payment, isPassed })
      : authenticateSetup(session, { intent: intent as NonNullable<typeof setup>, isPassed }),
  );
  if (isJson) return json(render(session, after));
  if (!returnUrl)
    return html(
      'Authenticate the payment',
      `<p>Done: the intent is <code>${after.status}</code>. Close this page.</p>`,
    );
  const location = new URL(returnUrl);
  const kind = payment ? 'payment_intent' : 'setup_intent';
  location.searchParams.set(kind, id);
  location.searchParams.set(`${kind}_client_secret`, intent.client_secret ?? '');
  location.searchParams.set('redirect_status', isPassed ? 'succeeded' : 'failed');
  return { status: 303, type: 'text/plain', body: '', location: location.href };
}

function authenticationForm(input: Input): string {
  const hidden = ['client_secret', 'account'].map(
    (name) => `<input type="hidden" name="${name}" value="${escapeHtml(String(input[name] ?? ''))}">`,
  );
  return `<p>Here the bank of the card's holder would ask whether it is really them.</p>
<form method="post">${hidden.join('')}
<button name="outcome" value="succeed">Complete authentication</button>
<button name="outcome" value="fail">Fail authentication</button></form>`;
}
