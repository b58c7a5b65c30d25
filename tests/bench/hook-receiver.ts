import { createServer } from 'node:http';

/** Answers 200 to everything, and says how many it was asked. A process of its own: it must not share our thread. */
let count = 0;
const server = createServer((request, response) => {
  if (request.method === 'GET') return void response.end(String(count));
  request.resume();
  request.once('end', () => {
    count += 1;
    response.end('ok');
  });
});
server.listen(Number(process.argv[2]), '127.0.0.1');
