import { invalid } from './errors.ts';
import type { Params } from './form.ts';
import { hash, integer, text } from './params.ts';
import type { Page } from './types.ts';

type Listed = { id: string; created?: number };

/** One page of a list, the newest first, as `limit`, `starting_after`, `ending_before` and `created` ask. */
export function pageOf<T extends Listed>(
  oldestFirst: readonly T[],
  { params, url }: { params: Params; url: string },
): Page<T> {
  const limit = integer(params, 'limit') ?? 10;
  if (limit < 1 || limit > 100) {
    throw invalid(`Invalid integer: limit must be from 1 to 100, not ${limit}`, {
      code: 'parameter_invalid_integer',
      param: 'limit',
    });
  }
  const found = oldestFirst.filter(isWithin(params)).reverse();
  const [after, before] = [text(params, 'starting_after'), text(params, 'ending_before')];
  if (after && before) {
    throw invalid('You cannot use both starting_after and ending_before.', { code: 'parameters_exclusive' });
  }
  if (before) {
    const end = indexOf(found, { id: before, param: 'ending_before' });
    return { object: 'list', data: found.slice(Math.max(0, end - limit), end), has_more: end > limit, url };
  }
  const start = after ? indexOf(found, { id: after, param: 'starting_after' }) + 1 : 0;
  return { object: 'list', data: found.slice(start, start + limit), has_more: found.length > start + limit, url };
}

function indexOf(list: readonly Listed[], { id, param }: { id: string; param: string }): number {
  const index = list.findIndex((one) => one.id === id);
  if (index < 0) throw invalid(`No such object: '${id}'`, { code: 'resource_missing', param });
  return index;
}

function isWithin(params: Params): (one: Listed) => boolean {
  const exact = typeof params['created'] === 'string' ? integer(params, 'created') : undefined;
  if (exact !== undefined) return ({ created }) => created === exact;
  const range = hash(params, 'created');
  if (!range) return () => true;
  const bound = (name: string, fallback: number) => integer(range, name) ?? fallback;
  const from = Math.max(bound('gte', -Infinity), bound('gt', -Infinity) + 1);
  const to = Math.min(bound('lte', Infinity), bound('lt', Infinity) - 1);
  return ({ created = 0 }) => created >= from && created <= to;
}
