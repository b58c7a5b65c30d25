import { newId } from './ids.ts';
import { openSession, type Session, type World } from './session.ts';

const kinds = [
  'settle_intent',
  'settle_refund',
  'renew',
  'remind_of_trial',
  'retry_invoice',
  'expire_incomplete',
  'expire_update',
  'cancel',
] as const;
export type TaskKind = (typeof kinds)[number];
/** Something that falls due. `about` is what it is for; the handler finds out whether it still has to happen. */
export type Task = { id: string; due: number; kind: TaskKind; account: string; about: string };
export type TaskHandlers = Record<TaskKind, (session: Session, id: string) => void>;

export function schedule(session: Session, { due, kind, about }: { due: number; kind: TaskKind; about: string }): void {
  const id = newId('task');
  session.world.store.put('tasks', { id, value: { id, due, kind, account: session.account, about } });
}

/** Does all that is due, in the order of the instants, each at its own instant: an advance by a year renews twelve times. */
export function runDueTasks(world: World, handlers: TaskHandlers): void {
  for (let task = nextTask(world); task && task.due <= world.clock.now(); task = nextTask(world)) {
    const { id, kind, account, about, due } = task;
    try {
      world.store.transact(() => {
        world.store.remove('tasks', id);
        handlers[kind](openSession(world, { account, now: due }), about);
      });
    } catch (error) {
      // Undone, and not tried for ever: the ones after it would never happen.
      world.store.transact(() => world.store.remove('tasks', id));
      throw error;
    }
  }
}

function nextTask(world: World): Task | undefined {
  const tasks = world.store.all('tasks') as Task[];
  return tasks.reduce<Task | undefined>((first, task) => (first && first.due <= task.due ? first : task), undefined);
}
