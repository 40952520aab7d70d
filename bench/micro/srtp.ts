/**
 * Microseconds per packet to protect and to unprotect RTP, per suite and payload, and how many times that is faster
 * than the obvious way: a cipher, and an Hmac, made for each packet. Compare numbers of one run only.
 *
 *     npx esbuild bench/micro/srtp.ts --bundle --platform=node --format=esm --outfile=dist/bench/srtp.mjs
 *     node dist/bench/srtp.mjs
 */
import { createCipheriv, createHmac, createSecretKey } from 'node:crypto';
import { PacketMemory } from '../../src/common/packet-memory.js';
import { deriveSessionKeys } from '../../src/srtp/key-derivation.js';
import { SRTP_SUITES, masterLength, type SrtpSuiteName } from '../../src/srtp/srtp-suite.js';
import { SrtpReceiver, SrtpSender } from '../../src/srtp/srtp-session.js';

const PACKETS = 20_000;
const ROUNDS = 5;
const HEADER = 12;
const SSRC = 0x12345678;

const memory = new PacketMemory();
const handle = memory.allocate(2048);
const offset = handle + 80;

type Run = (length: number) => number;

/** Median over the rounds of the µs per packet of each run, the runs taking turns. */
function measure(runs: Record<string, Run>, length: number): Record<string, number> {
  const results: Record<string, number[]> = {};
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, run] of Object.entries(runs)) {
      const perPacket = run(length);
      if (round >= 0) (results[name] ??= []).push(perPacket);
    }
  }
  return Object.fromEntries(
    Object.entries(results).map(([name, all]) => [name, all.sort((a, b) => a - b)[ROUNDS >> 1]]),
  );
}

function timed(work: () => void): number {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1000 / PACKETS;
}

function writeHeader(sequenceNumber: number): void {
  memory.view.setUint16(offset, 0x8060);
  memory.view.setUint16(offset + 2, sequenceNumber & 0xffff);
  memory.view.setUint32(offset + 8, SSRC);
}

function createRuns(name: SrtpSuiteName): Record<string, Run> {
  const suite = SRTP_SUITES[name];
  const masterKey = new Uint8Array(masterLength(suite)).fill(7);
  const sender = new SrtpSender({ suite: name, masterKey });
  const { rtp } = deriveSessionKeys(suite, masterKey);
  const key = createSecretKey(rtp.encryptionKey);
  const macKey = createSecretKey(rtp.authenticationKey);
  const iv = Buffer.alloc(suite.transform === 'aes-gcm' ? 12 : 16);
  let sequenceNumber = 0;
  let naiveNumber = 0;

  const protect: Run = length =>
    timed(() => {
      for (let i = 0; i < PACKETS; i++) {
        writeHeader(sequenceNumber++);
        if (sender.protectRtp(memory.bytes, offset, HEADER + length) < 0) throw new Error('not protected');
      }
    });

  /** What the receiver did for packets that it accepts, over copies protected beforehand. */
  const unprotect: Run = length => {
    const count = 500;
    const size = HEADER + length + 16;
    const packets = new Uint8Array(count * size);
    const helper = new SrtpSender({ suite: name, masterKey });
    let protectedLength = 0;
    for (let i = 0; i < count; i++) {
      writeHeader(i);
      protectedLength = helper.protectRtp(memory.bytes, offset, HEADER + length);
      packets.set(memory.bytes.subarray(offset, offset + protectedLength), i * size);
    }
    const receiver = new SrtpReceiver({ suite: name, masterKey });
    return timed(() => {
      for (let i = 0; i < PACKETS; i++) {
        if (i % count === 0) receiver.removeStream(SSRC);
        const start = (i % count) * size;
        memory.bytes.set(packets.subarray(start, start + protectedLength), offset);
        if (receiver.unprotectRtp(memory.bytes, offset, protectedLength) < 0) throw new Error('not authentic');
      }
    });
  };

  const naive: Run = length =>
    timed(() => {
      for (let i = 0; i < PACKETS; i++) {
        writeHeader(naiveNumber++);
        iv.writeUInt32BE(naiveNumber, 8);
        const header = memory.bytes.subarray(offset, offset + HEADER);
        const payload = memory.bytes.subarray(offset + HEADER, offset + HEADER + length);
        if (suite.transform === 'aes-gcm') {
          const cipher = createCipheriv(suite.keyLength === 16 ? 'aes-128-gcm' : 'aes-256-gcm', key, iv);
          cipher.setAAD(header);
          Buffer.concat([header, cipher.update(payload), cipher.final(), cipher.getAuthTag()]);
        } else {
          const cipher = createCipheriv('aes-128-ctr', key, iv);
          const body = Buffer.concat([header, cipher.update(payload), cipher.final()]);
          const tag = createHmac('sha1', macKey).update(body).update('roc!').digest();
          Buffer.concat([body, tag.subarray(0, suite.rtpTagLength)]);
        }
      }
    });

  return { protect, unprotect, naive };
}

console.log('suite                     payload   protect  unprotect  naive protect   naive/protect');
for (const name of Object.keys(SRTP_SUITES) as SrtpSuiteName[]) {
  const runs = createRuns(name);
  for (const length of [100, 1200]) {
    const { protect, unprotect, naive } = measure(runs, length);
    console.log(
      `${name.padEnd(26)}${String(length).padStart(6)} ${protect.toFixed(2).padStart(8)} ${unprotect.toFixed(2).padStart(9)}` +
        ` ${naive.toFixed(2).padStart(13)} ${(naive / protect).toFixed(2).padStart(14)}`,
    );
  }
}
