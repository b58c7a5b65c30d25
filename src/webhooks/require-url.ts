import type { Ctx } from '../context.ts';
import { AppError, VALIDATION_ERROR } from '../lib/errors.ts';
import { urlFault } from './rules.ts';

/** Refuses a URL that messages may not go to. Asks the network: never inside a transaction. */
export async function requireUrl({ deps }: Ctx, url: string): Promise<void> {
  const { webhooks } = deps;
  const fault = urlFault(url, { allowHttp: webhooks.allowLoopback });
  const message = fault ?? (await webhooks.hostFault(new URL(url).hostname));
  if (message !== null) throw new AppError(VALIDATION_ERROR, { errors: [{ location: 'body', field: 'url', message }] });
}
