import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Whether the address is one of those listed, or in one of the networks. */
export function isListed(address: string, list: readonly string[]): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return list.some((entry) => {
    if (!entry.includes('/')) return ipaddr.process(entry).toString() === parsed.toString();
    const [network, length] = unmapped(ipaddr.parseCIDR(entry));
    return network.kind() === parsed.kind() && parsed.match(network, length);
  });
}

type Network = [ipaddr.IPv4 | ipaddr.IPv6, number];

// ::ffff:10.0.0.0/104 is 10.0.0.0/8.
function unmapped([network, length]: Network): Network {
  if (!(network instanceof ipaddr.IPv6) || !network.isIPv4MappedAddress() || length < 96) return [network, length];
  return [network.toIPv4Address(), length - 96];
}

const IPV6_PREFIX_BYTES = 8;

/** The network that one subscriber holds: an IPv4 address, also when mapped into IPv6, or the /64 of an IPv6 one. */
export function networkOf(address: string): string {
  if (isIPv4(address)) return address;
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  const bytes = parsed.toByteArray().fill(0, IPV6_PREFIX_BYTES);
  return `${ipaddr.fromByteArray(bytes)}/64`;
}
