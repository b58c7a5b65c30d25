import ipaddr from 'ipaddr.js';

/** What IANA has given out of IPv6 for the public network: the rest is special, or not in use. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Whether the address is one of the public network: not of this machine, a private network, a link, a carrier, a tunnel or
 * translation (6to4, Teredo, NAT64), documentation, multicast. An IPv4 address mapped into IPv6 is looked at as itself.
 */
export function isPublicAddress(address: string): boolean {
  const parsed = parse(address);
  if (parsed?.range() !== 'unicast') return false;
  return parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_IPV6);
}

export function isLoopbackAddress(address: string): boolean {
  return parse(address)?.range() === 'loopback';
}

function parse(address: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  return ipaddr.isValid(address) ? ipaddr.process(address) : null;
}
