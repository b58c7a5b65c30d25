import type { SandboxClock } from './clock.ts';
import { invalid, noSuch } from './errors.ts';
import { newId } from './ids.ts';
import type { Store } from './store.ts';
import type { Collection, Objects, PaymentIntent, SetupIntent, StripeEvent } from './types.ts';

export const API_VERSION = '2026-10-28.endive';

/** What billing does when a payment of one of its invoices, or a set-up of one of its cards, has come to an end. */
export type Hooks = {
  intentSettled: (session: Session, intent: PaymentIntent) => void;
  setupSettled: (session: Session, intent: SetupIntent) => void;
};

export type World = { store: Store; clock: SandboxClock; baseUrl: () => string; hooks: Hooks };

/** One call, or one thing that falls due, in one account: what it may read and write, and the instant it happens at. */
export type Session = {
  world: World;
  account: string;
  now: number;
  request: StripeEvent['request'];
};

type Entry = { id: string };

export function openSession(world: World, about: Partial<Omit<Session, 'world'>> = {}): Session {
  const request = { id: null, idempotency_key: null };
  return { world, account: '', now: world.clock.now(), request, ...about };
}

function place(session: Session, collection: Collection): string {
  return `${session.account}/${collection}`;
}

export function find<C extends Collection>(
  session: Session,
  { in: collection, id }: { in: C; id: string },
): Objects[C] | undefined {
  return session.world.store.get(place(session, collection), id) as Objects[C] | undefined;
}

/** What the id names, which another object of the sandbox refers to. */
export function load<C extends Collection>(session: Session, collection: C, id: string): Objects[C] {
  const found = find(session, { in: collection, id });
  if (!found) throw noSuch(kindOf(collection), id);
  return found;
}

/** The same for an id that came as a parameter. */
export function loadParam<C extends Collection>(
  session: Session,
  { in: collection, id, param }: { in: C; id: string; param: string },
): Objects[C] {
  const found = find(session, { in: collection, id });
  if (!found) throw noSuch(kindOf(collection), id, param);
  return found;
}

export function kindOf(collection: Collection): string {
  const kinds: Partial<Record<Collection, string>> = {
    payment_methods: 'PaymentMethod',
    promotion_codes: 'promotion code',
  };
  return kinds[collection] ?? collection.replace(/s$/, '');
}

/** The oldest first. */
export function all<C extends Collection>(session: Session, collection: C): Objects[C][] {
  return session.world.store.all(place(session, collection)) as Objects[C][];
}

export function save<C extends Collection>(session: Session, collection: C, value: Objects[C]): Objects[C] {
  session.world.store.put(place(session, collection), { id: (value as Entry).id, value });
  return value;
}

/** Changes some fields of what is there. */
export function update<C extends Collection>(
  session: Session,
  { in: collection, id }: { in: C; id: string },
  changes: Partial<Objects[C]>,
): Objects[C] {
  return save(session, collection, { ...load(session, collection, id), ...changes });
}

export function remove(session: Session, { in: collection, id }: { in: Collection; id: string }): void {
  session.world.store.remove(place(session, collection), id);
}

/** The id that a client chose for a new object, or a fresh one. */
export function freeId(
  session: Session,
  { in: collection, id, prefix }: { in: Collection; id?: string; prefix: string },
) {
  if (id === undefined) return newId(prefix);
  if (find(session, { in: collection, id })) {
    const message = `${kindOf(collection)} already exists.`;
    throw invalid(message, { code: 'resource_already_exists', param: 'id' });
  }
  return id;
}
