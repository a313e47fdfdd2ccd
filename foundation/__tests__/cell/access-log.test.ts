import { accessLine } from '../../src/cell/router';

const headers = { 'user-agent': 'curl "8"', 'x-forwarded-for': '203.0.113.7' };

test("a line of the access log has the platform's fields in its order, and no field can end another", () => {
  const line = accessLine({
    incoming: { headers, method: 'POST', httpVersion: '1.1' },
    host: 'demo.apps.localhost',
    url: '/upload?x=1',
    endpoint: {
      address: '10.255.0.7',
      port: 8080,
      appGuid: 'app',
      instanceGuid: 'instance',
      index: 1,
    } as Parameters<typeof accessLine>[0]['endpoint'],
    requestId: 'request',
    status: 201,
    client: '::ffff:127.0.0.1:40000',
    traffic: { received: 12, sent: 345 },
    startedAt: 0,
    finishedAt: 1250,
  });
  expect(line).toBe(
    'demo.apps.localhost - [1970-01-01T00:00:00.000Z] "POST /upload?x=1 HTTP/1.1" 201 12 345 "-" "curl \\"8\\"" ' +
      '"::ffff:127.0.0.1:40000" "10.255.0.7:8080" x_forwarded_for:"203.0.113.7, ::ffff:127.0.0.1" ' +
      'x_forwarded_proto:"http" vcap_request_id:"request" response_time:1.250 app_id:"app" instance_id:"instance" ' +
      'app_index:"1"',
  );
});
