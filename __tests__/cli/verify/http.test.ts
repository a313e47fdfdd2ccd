import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BrokenOff, get } from '../../../cli/verify/http';

let server: Server;
let url: string;

beforeAll((done) => {
  server = createServer((request, response) => {
    response.writeHead(200, { 'content-length': 5 });
    if (request.url === '/whole') response.end('whole');
    else response.write('par', () => response.destroy());
  }).listen(0, '127.0.0.1', () => {
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    done();
  });
});

afterAll((done) => {
  server.close(done);
});

test('a whole answer has its status, size and text', async () => {
  expect(await get(`${url}/whole`)).toMatchObject({ status: 200, size: 5, text: 'whole' });
});

test('an answer that breaks off says so, with what came of it', async () => {
  const failure = await get(`${url}/part`).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(BrokenOff);
  expect(failure).toMatchObject({ status: 200, size: 3 });
  expect((failure as Error).message).toBe(
    `${url}/part ended the connection after 3 bytes of its answer; try again, and if it happens again, read the log of that server`,
  );
});
