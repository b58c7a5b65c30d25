import ipaddr from 'ipaddr.js';

/** Whether the address is one of those listed, or in one of the networks. */
export function isListed(address: string, list: readonly string[]): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return list.some((entry) => {
    if (!entry.includes('/')) return ipaddr.process(entry).toString() === parsed.toString();
    const [network, length] = ipaddr.parseCIDR(entry);
    return network.kind() === parsed.kind() && parsed.match(network, length);
  });
}

const IPV6_PREFIX_BYTES = 8;

/** The network that one subscriber holds: an IPv4 address, also when mapped into IPv6, or the /64 of an IPv6 one. */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  const bytes = parsed.toByteArray().fill(0, IPV6_PREFIX_BYTES);
  return `${ipaddr.fromByteArray(bytes)}/64`;
}
