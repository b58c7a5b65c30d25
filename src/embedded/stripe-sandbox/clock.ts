import type { Store } from './store.ts';

/** Real time plus what a developer has advanced it by; never behind what it has shown. */
export type SandboxClock = { now: () => number; advance: (seconds: number) => void };

export function storedClock(store: Store): SandboxClock {
  const offset = () => (store.get('sandbox', 'clock') as { offset: number } | undefined)?.offset ?? 0;
  return {
    now: () => Math.floor(Date.now() / 1000) + offset(),
    advance: (seconds) => store.put('sandbox', { id: 'clock', value: { offset: offset() + seconds } }),
  };
}
