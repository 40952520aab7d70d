// The demo conference: a web server for the page, a WebSocket for signalling, and one tsfu worker for the media.
//
//   npm start -- --port 3000 --listen-ip 192.168.1.10 --announced-address 203.0.113.5
import { readFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { createWorker } from 'tsfu';
import { WebSocketServer } from 'ws';
import { Room } from './room.mjs';

const usage = `Usage: npm start -- [options]

  --port N                port of the web page (default 3000)
  --host ADDRESS          address the web page listens on (default: all)
  --listen-ip IP          address for media; may be given several times
                          (default: 127.0.0.1 and every other IPv4 address of this machine)
  --announced-address A   address or host name that browsers shall send media to, when it is not the listen IP
                          (behind NAT, in a container); goes with one --listen-ip
  --tls-cert FILE, --tls-key FILE
                          serve the page over https: browsers give camera and microphone only to https pages
                          and to localhost
  --help                  this text`;

const { values: options } = parseArgs({
  options: {
    port: { type: 'string', default: '3000' },
    host: { type: 'string' },
    'listen-ip': { type: 'string', multiple: true },
    'announced-address': { type: 'string' },
    'tls-cert': { type: 'string' },
    'tls-key': { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) {
  console.log(usage);
  process.exit(0);
}

const port = Number(options.port);
if (!Number.isInteger(port) || port < 0 || port > 65535) fail(`--port must be 0..65535, not ${options.port}`);

const listenIps = options['listen-ip'] ?? ['127.0.0.1', ...ownAddresses()];
const announcedAddress = options['announced-address'];
if (announcedAddress && options['listen-ip']?.length !== 1) fail('--announced-address needs exactly one --listen-ip');
const listenInfos = listenIps.map(ip => ({ protocol: 'udp', ip, announcedAddress }));

const worker = await createWorker({ logLevel: 'warn' });
worker.on('died', error => {
  console.error('The worker died:', error);
  process.exit(1);
});

/** @type {Map<string, Promise<Room>>} */
const rooms = new Map();
const web = await createWebServer();
const sockets = new WebSocketServer({ server: web, path: '/signalling', maxPayload: 1024 * 1024 });
sockets.on('connection', (socket, request) => {
  const query = new URL(request.url ?? '', 'http://localhost').searchParams;
  const roomName = (query.get('room') ?? '').slice(0, 64) || 'lobby';
  const name = (query.get('name') ?? '').slice(0, 40) || 'Guest';
  void join(socket, roomName, name);
});

// The worker listens to these signals to close itself, so that they do not end the process any more.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit());
web.on('error', error => fail(`The web page cannot be served: ${error.message}`));
web.listen(port, options.host, () => {
  const scheme = options['tls-cert'] ? 'https' : 'http';
  console.log(`tsfu conference: ${scheme}://localhost:${web.address().port}/`);
  console.log(`Media at ${listenIps.join(', ')}${announcedAddress ? ` announced as ${announcedAddress}` : ''}.`);
});

async function join(socket, roomName, name) {
  const messages = [];
  const keep = data => messages.push(data);
  socket.on('message', keep);
  try {
    const existing = rooms.get(roomName);
    const opening = existing ?? Room.create(worker, listenInfos, () => rooms.delete(roomName));
    rooms.set(roomName, opening);
    const room = await opening;
    socket.off('message', keep);
    room.join(socket, name, messages);
  } catch (error) {
    rooms.delete(roomName);
    console.error(`Room ${roomName} cannot be opened:`, error);
    socket.close(1011, 'The room cannot be opened');
  }
}

/** Serves the files in public/ and the bundled client, nothing else. */
async function createWebServer() {
  const folder = path.dirname(fileURLToPath(import.meta.url));
  const client = await build({
    entryPoints: [path.join(folder, 'client/main.ts')],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    sourcemap: 'inline',
    write: false,
    logLevel: 'warning',
  });
  const page = await readFile(path.join(folder, 'public/index.html'));
  const files = new Map([
    ['/client.js', { type: 'text/javascript', body: client.outputFiles[0].contents }],
    ['/style.css', { type: 'text/css', body: await readFile(path.join(folder, 'public/style.css')) }],
  ]);
  const handle = (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    // Every other path is a room: the page reads its name from the address.
    const file = files.get(pathname) ?? { type: 'text/html; charset=utf-8', body: page };
    response.writeHead(200, { 'content-type': file.type, 'cache-control': 'no-cache' });
    response.end(file.body);
  };
  if (!options['tls-cert'] && !options['tls-key']) return createHttpServer(handle);
  if (!options['tls-cert'] || !options['tls-key']) fail('--tls-cert and --tls-key go together');
  return createHttpsServer(
    { cert: await readFile(options['tls-cert']), key: await readFile(options['tls-key']) },
    handle,
  );
}

function ownAddresses() {
  return Object.values(networkInterfaces())
    .flatMap(addresses => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
