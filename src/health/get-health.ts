import { VERSION } from '../version.ts';

export function getHealth() {
  return { status: 'ok' as const, version: VERSION, uptimeSeconds: Math.round(process.uptime() * 10) / 10 };
}
