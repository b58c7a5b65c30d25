/** What a brand pays for: its plan decides how much its API keys may call. */
export const plans = ['free', 'growth', 'scale'] as const;
export type Plan = (typeof plans)[number];
