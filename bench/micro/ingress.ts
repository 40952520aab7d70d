/**
 * Microseconds that the worker needs per received SRTP packet to check and to decrypt it, by how many come in one turn of
 * the event loop. Node's own share, reading the socket, is not in it. Compare numbers of one run only.
 *
 *     npm run bench:micro -- ingress
 */
import { DropCounters, DropReason } from '../../src/common/drop-reason.js';
import { PacketMemory } from '../../src/common/packet-memory.js';
import { SrtpKernel } from '../../src/srtp/kernel/srtp-kernel.js';
import { SrtpReceiver, SrtpSender } from '../../src/srtp/srtp-session.js';
import { masterLength, SRTP_SUITES, type SrtpSuiteName } from '../../src/srtp/srtp-suite.js';
import { Ingress } from '../../src/worker/ingress.js';

const BURSTS = [1, 2, 3, 4, 16];
const PACKETS = 9600;
const ROUNDS = 7;
const SSRC = 0x12345678;

const memory = new PacketMemory();
const drops = new DropCounters();
const fail = (error: unknown): void => {
  throw error;
};
const ingress = new Ingress(memory, drops, () => {}, fail);
const kernel = SrtpKernel.create(memory);
let received = 0;
const route = {
  receiveDecrypted: (): DropReason => {
    received++;
    return DropReason.none;
  },
};

function measure(suite: SrtpSuiteName, size: number): number[] {
  const masterKey = new Uint8Array(masterLength(SRTP_SUITES[suite])).fill(7);
  const sender = new SrtpSender({ suite, masterKey });
  const datagrams = Array.from({ length: PACKETS }, (_, index) => {
    const packet = Buffer.alloc(12 + size + 16, 0x5a);
    packet.writeUInt32BE(0x80600000 + index, 0);
    packet.writeUInt32BE(SSRC, 8);
    return packet.subarray(0, sender.protectRtp(packet, 0, 12 + size));
  });
  const times: number[][] = BURSTS.map(() => []);
  for (let round = -2; round < ROUNDS; round++) {
    for (const [index, burst] of BURSTS.entries()) {
      const receiver = new SrtpReceiver({ suite, masterKey, kernel });
      const before = received;
      const start = process.cpuUsage();
      for (let i = 0; i < PACKETS; i++) {
        ingress.add(datagrams[i], receiver, route, i);
        if (i % burst === burst - 1) ingress.flush();
      }
      ingress.flush();
      const { user, system } = process.cpuUsage(start);
      if (received - before !== PACKETS) throw new Error(`only ${received - before} packets`);
      receiver.close();
      if (round >= 0) times[index].push((user + system) / PACKETS);
    }
  }
  return times.map(all => all.sort((a, b) => a - b)[ROUNDS >> 1]);
}

console.log(`suite                     payload ${BURSTS.map(burst => `  in ${burst}`.padStart(8)).join('')}`);
for (const suite of ['AES_CM_128_HMAC_SHA1_80', 'AEAD_AES_128_GCM'] as const) {
  for (const size of [100, 1200]) {
    const times = measure(suite, size);
    console.log(
      `${suite.padEnd(26)}${String(size).padStart(7)} ${times.map(time => time.toFixed(2).padStart(8)).join('')}`,
    );
  }
}
