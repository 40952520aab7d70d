/**
 * Nanoseconds per packet for what happens to RTP packets between socket and encryption: parsing, reading the payload
 * descriptor, mangling, and per Consumer deciding, numbering and writing the header. Compare numbers of one run only.
 *
 *     npx esbuild bench/micro/rtp-packet.ts --bundle --platform=node --format=esm --outfile=dist/bench/rtp-packet.mjs
 *     node dist/bench/rtp-packet.mjs
 */
import { PacketMemory } from '../../src/common/packet-memory.js';
import { NO_REWRITE } from '../../src/rtp/codecs/encoding-context.js';
import { createEncodingContext, createPayloadParser } from '../../src/rtp/codecs/registry.js';
import { EgressHeader } from '../../src/rtp/egress-header.js';
import { createHeaderExtensionIds, HeaderExtension } from '../../src/rtp/header-extension.js';
import { PacketMangler } from '../../src/rtp/packet-mangler.js';
import { DATAGRAM_OFFSET, parseSlot, restoreSlot, slotSize, storeGeometry } from '../../src/rtp/packet-slot.js';
import { RtpPacket } from '../../src/rtp/rtp-packet.js';
import { SequenceManager } from '../../src/rtp/sequence-manager.js';

const PACKETS = 200_000;
const ROUNDS = 7;

/** As Chromium sends it: MID, abs-send-time, transport-wide sequence number, video orientation; VP8 with three layers. */
const header = '90600001000000010000000abede0004' + '1061' + '22010203' + '410007' + '7000' + '0000000000';
const datagram = Buffer.concat([
  Buffer.from(header, 'hex'),
  Buffer.from('90f0800102201011', 'hex'),
  Buffer.alloc(1100),
]);

const extensionIds = createHeaderExtensionIds();
extensionIds[HeaderExtension.mid] = 1;
extensionIds[HeaderExtension.absSendTime] = 2;
extensionIds[HeaderExtension.transportWideCc] = 4;
extensionIds[HeaderExtension.videoOrientation] = 7;

const memory = new PacketMemory();
const packet = new RtpPacket();
const mangler = new PacketMangler({ kind: 'video', extensionIds });
const parsePayload = createPayloadParser('video/VP8')!;
const handle = memory.allocate(slotSize(datagram.length));
const out = memory.allocate(2048);
const egress = new EgressHeader();
const mid = Uint8Array.from([48]);

function receive(sequenceNumber: number): void {
  memory.bytes.set(datagram, handle + DATAGRAM_OFFSET);
  memory.view.setUint16(handle + DATAGRAM_OFFSET + 2, sequenceNumber);
}

function parse(): void {
  if (!parseSlot(packet, memory, handle, datagram.length)) throw new Error('not parsed');
  packet.extensionIds = extensionIds;
}

function mangle(): void {
  if (!mangler.mangle(packet, 101, 5555)) throw new Error('not mangled');
}

const context = createEncodingContext('video/VP8', { spatialLayers: 1, temporalLayers: 3, ksvc: false })!;
context.targetTemporalLayer = 2;
context.requireSync();
const [steady, dropping] = [new SequenceManager(16, 1000), new SequenceManager(16, 1000)];

const runs: Record<string, (i: number) => void> = {
  'copy of the datagram alone': receive,
  'copy, parse': i => {
    receive(i & 0xffff);
    parse();
  },
  'copy, parse, descriptor': i => {
    receive(i & 0xffff);
    parse();
    parsePayload(packet);
  },
  'copy, parse, descriptor, mangle, store': i => {
    receive(i & 0xffff);
    parse();
    parsePayload(packet);
    mangle();
    storeGeometry(packet);
  },
  'restore from the slot': () => restoreSlot(packet, memory, handle),
  'egress header': i => egress.write(packet, memory.bytes, memory.view, out, 99, i & 0xffff, i, true, NO_REWRITE),
  'egress header, MID, rewritten payload': i => {
    packet.updateMid(mid);
    egress.write(packet, memory.bytes, memory.view, out, 99, i & 0xffff, i, true, 0x1234);
  },
  'egress header, RTX': i =>
    egress.writeRtx(packet, memory.bytes, memory.view, out, 102, 99, i & 0xffff, i & 0xffff, i, true, 0x1234),
  'encoding context (VP8)': i => {
    packet.descriptor.pictureId = i & 0x7fff;
    packet.descriptor.tl0PictureIndex = i & 0xff;
    context.process(packet);
  },
  'sequence manager, nothing dropped': i => void steady.input(i & 0xffff),
  'sequence manager, every second dropped': i => {
    if ((i & 1) === 0) dropping.drop(i & 0xffff);
    else dropping.input(i & 0xffff);
  },
};

for (const [name, run] of Object.entries(runs)) {
  const results: number[] = [];
  let count = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < PACKETS; i++) run(count++);
    results.push(Number(process.hrtime.bigint() - start) / PACKETS);
  }
  console.log(
    `${name.padEnd(42)} ${results
      .sort((a, b) => a - b)
      [ROUNDS >> 1].toFixed(0)
      .padStart(6)} ns`,
  );
}
