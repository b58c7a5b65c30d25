import { parseArgs } from 'node:util';

export type Options = Readonly<{ only: readonly string[] | null; seconds: number; rounds: number }>;

/** `--only P1,P5`, `--seconds 4` of load in each round and side, `--rounds 5`. */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string' },
      seconds: { type: 'string', default: '4' },
      rounds: { type: 'string', default: '5' },
    },
  });
  const only = values.only?.split(',').map((id) => id.trim().toUpperCase()) ?? null;
  return { only, seconds: positive('--seconds', values.seconds), rounds: positive('--rounds', values.rounds) };
}

function positive(flag: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`${flag} must be a number above 0, not ${text}`);
  return value;
}
