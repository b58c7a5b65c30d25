import { readSettings } from '../../config.ts';
import { api } from './answer.ts';
import { billingHooks, taskHandlers } from './billing-hooks.ts';
import { billingRoutes } from './billing-routes.ts';
import { catalogRoutes } from './catalog-routes.ts';
import { storedClock } from './clock.ts';
import { type Control, controlOf } from './control.ts';
import { controlRoutes } from './control-routes.ts';
import { paymentRoutes } from './payment-routes.ts';
import type { World } from './session.ts';
import { openStore } from './store.ts';
import { runDueTasks } from './tasks.ts';
import { listen } from './transport.ts';
import { startWebhooks } from './webhooks.ts';

export type StripeSandbox = {
  url: string;
  stop: () => Promise<void>;
  setWebhookUrl: (url: string) => void;
  control: Control & { isIdle: () => boolean };
};

type Options = {
  /** The folder of its state: one sandbox a folder. */
  dir: string;
  port?: number;
  host?: string;
  secretKey: string;
  publishableKey: string;
  webhookSecret: string;
  webhookUrl?: string;
  log?: (line: string) => void;
  environment?: string;
};

const TICK_MS = 200;

/** Development equipment that speaks Stripe's HTTP API on loopback. It does not exist in production. */
export async function startStripeSandbox(options: Options): Promise<StripeSandbox> {
  const { dir, port = 0, host = '127.0.0.1', secretKey, publishableKey, webhookSecret, webhookUrl } = options;
  const { log = () => {}, environment = readSettings().NODE_ENV } = options;
  if (environment === 'production') throw new Error('The Stripe sandbox does not start in production.');
  if (!['127.0.0.1', '::1', 'localhost'].includes(host))
    throw new Error('The Stripe sandbox listens on loopback only.');
  if (secretKey === publishableKey) throw new Error('The two keys of the Stripe sandbox must differ.');

  const store = await openStore(dir);
  let url = '';
  const world: World = { store, clock: storedClock(store), baseUrl: () => url, hooks: billingHooks };
  const control = controlOf(world, { handlers: taskHandlers });
  const routes = [...paymentRoutes, ...catalogRoutes, ...billingRoutes];
  const handlers = {
    api: api({ world, keys: { secretKey, publishableKey }, routes }),
    control: controlRoutes(world, control),
  };
  const server = await listen(handlers, { port, host }).catch(async (error) => {
    await store.close();
    throw error;
  });
  url = server.url;
  const webhooks = startWebhooks({ world, secret: webhookSecret, url: webhookUrl, log });
  const ticks = setInterval(() => tick(world, log), TICK_MS).unref();
  return {
    url,
    setWebhookUrl: webhooks.setUrl,
    control: { ...control, isIdle: webhooks.idle },
    stop: async () => {
      clearInterval(ticks);
      await server.close();
      await webhooks.stop();
      await store.close();
    },
  };
}

function tick(world: World, log: (line: string) => void): void {
  try {
    runDueTasks(world, taskHandlers);
  } catch (error) {
    log(`Stripe sandbox: ${error instanceof Error ? error.stack : error}`);
  }
}
