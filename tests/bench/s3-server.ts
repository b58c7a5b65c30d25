import { createRequire } from 'node:module';

/** An S3 server as a process of its own, with one bucket: `node s3-server.ts <port> <folder> <bucket>`. */
const [port, directory, bucket] = process.argv.slice(2);
const S3rver = createRequire(import.meta.url)('@20minutes/s3rver');
const options = { port: Number(port), address: '127.0.0.1', silent: true, directory };
await new S3rver({ ...options, configureBuckets: [{ name: bucket, configs: [] }] }).run();
