import { createSocket } from 'node:dgram';
import { afterFile } from './after-file.ts';

/** A name server on loopback: it knows the IPv4 addresses given, keeps silent where there is none, and counts questions. */
export async function startNameServer(names: Readonly<Record<string, string | null>>) {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (query, { port, address }) => {
    const labels: string[] = [];
    let at = 12;
    for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
      labels.push(query.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const name = labels.join('.').toLowerCase();
    asked.push(name);
    const known = names[name];
    if (known === null) return;
    const isIPv4 = query.readUInt16BE(at + 1) === 1;
    const answers = known !== undefined && isIPv4 ? 1 : 0;
    const head = Buffer.from(query.subarray(0, 12));
    head.writeUInt16BE(known === undefined ? 0x8183 : 0x8180, 2);
    head.writeUInt16BE(answers, 6);
    head.writeUInt32BE(0, 8);
    const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...(known ?? '').split('.').map(Number)]);
    socket.send(Buffer.concat([head, query.subarray(12, at + 5), answers ? record : Buffer.alloc(0)]), port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  afterFile(() => void socket.close());
  return { server: `127.0.0.1:${socket.address().port}`, asked };
}
