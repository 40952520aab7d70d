import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PacketMemory } from '../../../src/common/packet-memory.js';
import { createEncodingContext, createPayloadParser, type PayloadParser } from '../../../src/rtp/codecs/registry.js';
import { type EncodingContext, NO_REWRITE } from '../../../src/rtp/codecs/encoding-context.js';
import { EgressHeader } from '../../../src/rtp/egress-header.js';
import { PacketIdCounter, PacketMangler } from '../../../src/rtp/packet-mangler.js';
import { DATAGRAM_OFFSET, parseSlot, restoreSlot, slotSize, storeGeometry } from '../../../src/rtp/packet-slot.js';
import { RtpPacket } from '../../../src/rtp/rtp-packet.js';
import { SequenceManager } from '../../../src/rtp/sequence-manager.js';

/**
 * Recordings of the reference worker: packets sent to Producers, and what Consumers got. Here they pass through packet
 * view, payload parser, mangling, encoding context, sequence manager and egress header alone; just enough of Producer
 * and Consumer is imitated.
 */

interface Scenario {
  name: string;
  description: string;
  producers: Record<string, ProducerInfo>;
  consumers: Record<string, { producer: string; mid: string; layers?: [number, number | null]; pipe?: boolean }>;
  /** Packets in hex, and changes of preferred layers. */
  steps: (string | { consumer: string; layers: [number, number] })[];
  expected: Record<string, Received[]>;
}

interface ProducerInfo {
  kind: 'audio' | 'video';
  ssrc: number;
  mimeType: string;
  payloadType: number;
  /** Scalability mode. */
  mode: string;
  extensionIds: number[];
  packetIds?: boolean;
}

/** `seq` and `ts` relative to the first packet; extensions as `id:value`. */
interface Received {
  seq: number;
  ts: number;
  pt: number;
  m: number;
  csrc?: number[];
  ext?: string[];
  head: number;
  profile?: string;
  padding?: number;
  payload: string;
}

class Producer {
  readonly parser: PayloadParser | undefined;
  readonly mangler: PacketMangler;
  readonly info: ProducerInfo;
  readonly routerPayloadType: number;

  constructor(info: ProducerInfo, routerPayloadType: number, packetIds: PacketIdCounter) {
    this.info = info;
    this.routerPayloadType = routerPayloadType;
    this.parser = createPayloadParser(info.mimeType);
    this.mangler = new PacketMangler({
      kind: info.kind,
      extensionIds: Uint8Array.from(info.extensionIds),
      packetIds: info.packetIds ? packetIds : undefined,
    });
  }
}

class Consumer {
  readonly context: EncodingContext | undefined;
  readonly isSvc: boolean;
  readonly #sequence = new SequenceManager(16, 0);
  readonly #waitsForKeyFrame: boolean;
  readonly #mid: Uint8Array;
  readonly #header = new EgressHeader();
  #syncRequired = true;
  readonly received: Received[] = [];
  #first: { seq: number; ts: number; packetId: number } | undefined;

  constructor(producer: ProducerInfo, info: Scenario['consumers'][string]) {
    const [, spatial, temporal, ksvc] = /^[LS](\d+)T(\d+)(_KEY)?/.exec(producer.mode)!;
    this.isSvc = !info.pipe && (spatial !== '1' || temporal !== '1');
    this.#mid = Buffer.from(info.mid);
    this.#waitsForKeyFrame = this.isSvc || /VP8|VP9|H264/.test(producer.mimeType);
    if (this.isSvc) {
      this.context = createEncodingContext(producer.mimeType, {
        spatialLayers: Number(spatial),
        temporalLayers: Number(temporal),
        ksvc: ksvc !== undefined,
      });
      // At the start only the lowest spatial layer is known to be there.
      this.context!.targetSpatialLayer = 0;
      this.context!.targetTemporalLayer = info.layers?.[1] ?? Number(temporal) - 1;
    }
  }

  receive(packet: RtpPacket, memory: PacketMemory, routerPayloadType: number): void {
    if (packet.payloadType !== routerPayloadType) return;
    if (this.#mid.length > 0) packet.updateMid(this.#mid);
    if (this.#syncRequired && this.#waitsForKeyFrame && !packet.isKeyFrame) return;
    if (packet.payloadLength === 0) return this.#sequence.drop(packet.sequenceNumber);
    const isSync = this.#syncRequired;
    this.#syncRequired = false;
    let { marker } = packet;
    let rewrite: number = NO_REWRITE;
    if (this.context !== undefined) {
      if (isSync) this.context.requireSync();
      if (!this.context.process(packet)) return this.#sequence.drop(packet.sequenceNumber);
      ({ marker, rewrite } = this.context);
    }
    if (isSync) this.#sequence.sync((packet.sequenceNumber - 1) & 0xffff);
    const sequenceNumber = this.#sequence.input(packet.sequenceNumber);
    if (sequenceNumber < 0) return;

    const handle = memory.allocate(packet.length + 16);
    const header = this.#header;
    header.write(packet, memory.bytes, memory.view, handle, 99, sequenceNumber, packet.timestamp, marker, rewrite);
    memory.bytes.copyWithin(handle + header.length, header.restOffset, header.restOffset + header.restLength);
    this.#record(memory.bytes.slice(handle, handle + header.length + header.restLength));
    memory.release(handle);
  }

  #record(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer);
    const packet = new RtpPacket();
    expect(packet.parse(bytes, view, 0, bytes.length)).toBe(true);
    expect(packet.ssrc).toBe(99);
    const { sequenceNumber, timestamp } = packet;
    this.#first ??= { seq: sequenceNumber, ts: timestamp, packetId: packet.readPacketId() };
    const payload = Buffer.from(bytes.slice(packet.payloadOffset, packet.payloadOffset + packet.payloadLength));
    const csrcCount = bytes[0] & 0x0f;
    const block = 12 + csrcCount * 4;
    const profile = view.getUint16(block);
    this.received.push({
      seq: ((sequenceNumber - this.#first.seq) << 16) >> 16,
      ts: (timestamp - this.#first.ts) | 0,
      pt: packet.payloadType,
      m: packet.marker ? 1 : 0,
      csrc: csrcCount > 0 ? Array.from({ length: csrcCount }, (_, i) => view.getUint32(12 + 4 * i)) : undefined,
      ext: this.#extensions(bytes, block, profile),
      head: packet.headerLength,
      profile: profile === 0xbede ? undefined : profile.toString(16),
      padding: packet.paddingLength > 0 ? packet.paddingLength : undefined,
      payload:
        payload.length <= 48
          ? payload.toString('hex')
          : `${payload.toString('hex', 0, 24)}..(${payload.length})..${payload.toString('hex', payload.length - 4)}`,
    });
  }

  /** Elements in order, written as in the recordings. */
  #extensions(bytes: Uint8Array, block: number, profile: number): string[] {
    const elements: string[] = [];
    const end = block + 4 + ((bytes[block + 2] << 8) | bytes[block + 3]) * 4;
    for (let at = block + 4; at < end;) {
      if (bytes[at] === 0) {
        at++;
        continue;
      }
      const oneByte = profile === 0xbede;
      const id = oneByte ? bytes[at] >> 4 : bytes[at];
      const length = oneByte ? (bytes[at] & 0x0f) + 1 : bytes[at + 1];
      at += oneByte ? 1 : 2;
      elements.push(`${id}:${this.#value(id, Buffer.from(bytes.slice(at, at + length)))}`);
      at += length;
    }
    return elements;
  }

  #value(id: number, value: Buffer): string {
    if (id === 1) return this.#mid.length > 0 ? value.toString() : `<${value.length}>`;
    // These are the transport's to write.
    if (id === 4 || id === 5) return '*';
    if (id === 10 && value.length === 16) {
      const offset = value.toString('hex', 8);
      return `${value.toString('hex', 0, 8)}/${/^0*$/.test(offset) ? 0 : offset}`;
    }
    if (id === 12 && value.length === 4) {
      // Ids that a packet brought along are not near those that the worker counted up.
      const distance = value.readUint32BE() - this.#first!.packetId;
      return distance >= 0 && distance < 100 ? `+${distance}` : String(value.readUint32BE());
    }
    return value.toString('hex');
  }
}

function replay(scenario: Scenario): Record<string, Received[]> {
  const memory = new PacketMemory();
  const packetIds = new PacketIdCounter(1234);
  const producers = Object.entries(scenario.producers).map(([name, info]) => {
    const consumer = Object.keys(scenario.consumers).find(one => scenario.consumers[one].producer === name)!;
    return [name, new Producer(info, scenario.expected[consumer][0].pt, packetIds)] as const;
  });
  const consumers = Object.entries(scenario.consumers).map(
    ([name, info]) => [name, new Consumer(scenario.producers[info.producer], info)] as const,
  ); // prettier-ignore
  const packet = new RtpPacket();
  for (const step of scenario.steps) {
    if (typeof step !== 'string') {
      const { context } = Object.fromEntries(consumers)[step.consumer];
      [context!.targetSpatialLayer, context!.targetTemporalLayer] = step.layers;
      continue;
    }
    const datagram = Buffer.from(step, 'hex');
    const handle = memory.allocate(slotSize(datagram.length));
    memory.bytes.set(datagram, handle + DATAGRAM_OFFSET);
    if (!parseSlot(packet, memory, handle, datagram.length)) continue;
    const [name, producer] = producers.find(([, { info }]) => info.ssrc === packet.ssrc) ?? [];
    if (producer === undefined || packet.payloadType !== producer.info.payloadType) continue;
    packet.extensionIds = Uint8Array.from(producer.info.extensionIds);
    producer.parser?.(packet);
    const routerPayloadType = producer.routerPayloadType;
    expect(producer.mangler.mangle(packet, routerPayloadType, 5555)).toBe(true);
    storeGeometry(packet);
    for (const [consumerName, consumer] of consumers) {
      if (scenario.consumers[consumerName].producer !== name) continue;
      consumer.receive(packet, memory, routerPayloadType);
      // What is stored of a packet says all about it.
      restoreSlot(packet, memory, handle);
    }
    memory.release(handle);
  }
  return Object.fromEntries(consumers.map(([name, consumer]) => [name, consumer.received]));
}

for (const area of ['vp8', 'vp9', 'av1', 'h264', 'extensions']) {
  const file = new URL(`../../fixtures/rtp/golden-${area}.json`, import.meta.url);
  const scenarios = JSON.parse(readFileSync(file, 'utf8')) as Scenario[];
  describe(`recordings of the reference: ${area}`, () => {
    it.each(scenarios.map(scenario => [scenario.name, scenario] as const))('%s', (_, scenario) => {
      const received = replay(scenario);
      for (const [name, expected] of Object.entries(scenario.expected)) {
        const wanted = expected.map(one => ({ ...one, ext: one.ext?.map(text => text.replace(/^([45]):0$/, '$1:*')) }));
        expect(received[name]).toEqual(wanted);
      }
    });
  });
}
