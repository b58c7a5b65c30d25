import type { World } from './session.ts';
import type { Decline } from './test-cards.ts';

/** What a developer has asked for through the control endpoints. */
export type Settings = {
  /** Declines for the next charges, whatever the card; of one customer only, where one is named. */
  declines: (Decline & { customer?: string })[];
  /** Requests that fail next: `drop` does the work and then cuts the connection. */
  faults: { status: number | 'drop'; count: number }[];
  isPaused: boolean;
  /** The next deliveries are sent twice, thrown away, or held until there are so many and then sent backwards. */
  duplicate: number;
  drop: number;
  reverse: number;
  /** Days between the attempts on an unpaid invoice, and what becomes of the subscription after the last one. */
  retryDays: number[];
  afterRetries: 'cancel' | 'unpaid';
};

const DEFAULTS: Settings = {
  declines: [],
  faults: [],
  isPaused: false,
  duplicate: 0,
  drop: 0,
  reverse: 0,
  retryDays: [2, 5, 7, 7],
  afterRetries: 'cancel',
};

export function readSettings({ store }: World): Settings {
  return { ...DEFAULTS, ...(store.get('sandbox', 'settings') as Partial<Settings> | undefined) };
}

export function changeSettings(world: World, changes: Partial<Settings>): Settings {
  const settings = { ...readSettings(world), ...changes };
  world.store.put('sandbox', { id: 'settings', value: settings });
  return settings;
}
