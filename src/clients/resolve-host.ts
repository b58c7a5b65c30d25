import { Resolver } from 'node:dns/promises';

export type Address = { address: string; family: 4 | 6 };
/** The addresses of a host. Throws when there are none. */
export type Resolve = (hostname: string) => Promise<Address[]>;

const LOOPBACK: Address[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/**
 * Asks the name servers, those of the machine unless told others. The machine's own resolver would hold a thread of the
 * few that all share for as long as a server of somebody's zone keeps silent, and with it the lookups of everybody else.
 */
export function createResolve(servers?: readonly string[]): Resolve {
  const resolver = new Resolver({ timeout: 1_000, tries: 3 });
  if (servers) resolver.setServers(servers);
  return async (hostname) => {
    // No server is asked for it (RFC 6761).
    if (/(^|\.)localhost\.?$/i.test(hostname)) return LOOPBACK;
    const [four, six] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
    if (four.status === 'rejected' && six.status === 'rejected') throw four.reason;
    return [...found(four, 4), ...found(six, 6)];
  };
}

function found(answer: PromiseSettledResult<string[]>, family: 4 | 6): Address[] {
  return answer.status === 'rejected' ? [] : answer.value.map((address) => ({ address, family }));
}
