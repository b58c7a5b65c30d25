import type { FastifyRequest } from 'fastify';

/** Where a visitor comes from, as browser and network in front say: for statistics, nothing depends on it. */
export function visitOf(headers: FastifyRequest['headers']): { referer: string | undefined; country: string | null } {
  const country = headers['cf-ipcountry'];
  const isCountry = typeof country === 'string' && /^[A-Z]{2}$/.test(country) && country !== 'XX';
  return { referer: headers.referer, country: isCountry ? country : null };
}
