import type { Params } from './form.ts';
import { pageOf } from './pages.ts';
import { text } from './params.ts';
import { all, load, type Session } from './session.ts';
import type { Collection, Objects } from './types.ts';

export type Call = { session: Session; params: Params; id: string; path: string; isPublishable: boolean };
export type Handler = (call: Call) => object;
/** `browser`: may be called with the publishable key. */
export type Route = { method: string; path: string; handle: Handler; browser?: true };

export function route(at: string, handle: Handler): Route {
  const [method = '', path = ''] = at.split(' ');
  return { method, path, handle };
}

export function browserRoute(at: string, handle: Handler): Route {
  return { ...route(at, handle), browser: true };
}

/** A list, narrowed by the parameters that are fields of the same name. */
export function listing<C extends Collection>(
  collection: C,
  fields: readonly (keyof Objects[C] & string)[] = [],
): Handler {
  return ({ session, params, path }) => {
    const wanted = fields.flatMap((name) => {
      const value = text(params, name);
      return value === undefined ? [] : [{ name, value }];
    });
    const found = all(session, collection).filter((one) =>
      wanted.every(({ name, value }) => String(one[name]) === value),
    );
    return pageOf(found, { params, url: path });
  };
}

export function retrieval(collection: Collection): Handler {
  return ({ session, id }) => load(session, collection, id);
}

type Found = { route: Route; id: string };

/** The route of a request, and the id in its path. */
export function findRoute(
  routes: readonly Route[],
  { method, path }: { method: string; path: string },
): Found | undefined {
  const parts = path.split('/');
  for (const one of routes) {
    const wanted = one.path.split('/');
    if (one.method !== method || wanted.length !== parts.length) continue;
    if (!wanted.every((part, index) => part === ':id' || part === parts[index])) continue;
    const index = wanted.indexOf(':id');
    return { route: one, id: index < 0 ? '' : safeDecode(parts[index] ?? '') };
  }
  return undefined;
}

function safeDecode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
