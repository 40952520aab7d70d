import type { types } from 'tsfu';
import { backends, cpuTime } from '../support/backends.js';
import { type HandshakeTarget } from '../support/handshake-client.js';
import { LoadProcess } from '../support/load.js';
import { createRouter } from '../support/room.js';
import { type Section } from '../support/table.js';
import { createFanOuts } from './fan-out.js';

const HANDSHAKES = 100;
/** Of the storm, and how long it lasts, ms. */
const STORM_RATE = 50;
const STORM_DURATION = 2000;
/** What is forwarded meanwhile: 20 000 packets per second. */
const CONSUMERS = 20;
const RATE = 1000;
const SIZE = 1200;
/** What may be: the delay beside a storm against the quiet one. */
const MAX_RATIO = 3;

/** What a DTLS handshake costs a worker, and what handshakes do to the media beside them. */
export async function handshakes(generator: LoadProcess, sink: LoadProcess): Promise<Section> {
  const ports = await sink.open(CONSUMERS, 1);
  const clients = new LoadProcess();
  const fingerprint = await clients.fingerprint();
  const rows: Section['rows'] = [];
  for (const [name, create] of Object.entries(backends)) {
    const [{ worker, stream }] = await createFanOuts(create, 'CM', ports, [CONSUMERS], [SIZE]);
    const router = await createRouter(worker);
    // The first ones are for the compiler.
    await clients.shakeHands(await listen(router, HANDSHAKES / 2, fingerprint), Infinity);
    const targets = await listen(router, HANDSHAKES, fingerprint);
    const start = await cpuTime(worker);
    await clients.shakeHands(targets, Infinity);
    const perHandshake = ((await cpuTime(worker)) - start) / HANDSHAKES;

    const forward = async (): Promise<number> => {
      await sink.reset();
      await generator.send([stream], RATE, SIZE, (RATE * STORM_DURATION) / 1000);
      return (await sink.report()).p99;
    };
    const stormTargets = await listen(router, (STORM_RATE * STORM_DURATION) / 1000, fingerprint);
    await forward();
    const quiet = await forward();
    const [beside] = await Promise.all([forward(), clients.shakeHands(stormTargets, STORM_RATE)]);
    rows.push({
      worker: name,
      'ms of CPU': perHandshake,
      'handshakes/s': 1000 / perHandshake,
      'delay p99, quiet': quiet,
      [`delay p99, ${STORM_RATE}/s`]: beside,
      ratio: beside / quiet,
      [`at most ${MAX_RATIO}`]: beside / quiet <= MAX_RATIO ? 'yes' : 'no',
    });
    worker.close();
  }
  clients.close();
  return {
    title: 'Handshakes',
    unit: `ICE and DTLS, P-256 certificates. CPU time per handshake, and how many one CPU makes; then the delay in ms of a forward of ${CONSUMERS * RATE} packets per second, quiet, and beside ${STORM_RATE} handshakes per second.`,
    rows,
  };
}

/** Transports that wait for a client with that fingerprint. */
async function listen(router: types.Router, count: number, fingerprint: string): Promise<HandshakeTarget[]> {
  const targets: HandshakeTarget[] = [];
  for (let i = 0; i < count; i++) {
    const transport = await router.createWebRtcTransport({ listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }] });
    const { usernameFragment, password } = transport.iceParameters;
    const { value } = transport.dtlsParameters.fingerprints.find(({ algorithm }) => algorithm === 'sha-256')!;
    await transport.connect({
      dtlsParameters: { role: 'client', fingerprints: [{ algorithm: 'sha-256', value: fingerprint }] },
    });
    targets.push({ port: transport.iceCandidates[0].port, usernameFragment, password, fingerprint: value });
  }
  return targets;
}
