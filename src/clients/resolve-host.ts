import { lookup } from 'node:dns/promises';

export type Address = { address: string; family: 4 | 6 };
/** The addresses of a host, as the machine resolves names. Throws when there are none. */
export type Resolve = (hostname: string) => Promise<Address[]>;

export const systemResolve: Resolve = async (hostname) => (await lookup(hostname, { all: true })) as Address[];
