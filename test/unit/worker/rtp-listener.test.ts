import { beforeEach, describe, expect, it } from 'vitest';
import { createHeaderExtensionIds, HeaderExtension } from '../../../src/rtp/header-extension.js';
import { type RtpPacket } from '../../../src/rtp/rtp-packet.js';
import { type Producer } from '../../../src/worker/producer.js';
import { RtpListener } from '../../../src/worker/rtp-listener.js';
import { buildPacket, parse } from '../rtp/support.js';
import { MediaHarness, type ProduceOptions, produceRequest } from './media-support.js';

let harness: MediaHarness;
let listener: RtpListener;
beforeEach(() => {
  harness = new MediaHarness();
  listener = new RtpListener();
});

const create = (options: ProduceOptions): Producer => harness.produce(produceRequest(options));
const add = (options: ProduceOptions): Producer => {
  const producer = create(options);
  listener.addProducer(producer);
  return producer;
};

function packet(ssrc: number, mid?: string, rid?: string): RtpPacket {
  const extensions: [number, number[]][] = [];
  if (mid !== undefined) extensions.push([1, [...Buffer.from(mid)]]);
  if (rid !== undefined) extensions.push([2, [...Buffer.from(rid)]]);
  const parsed = parse(buildPacket({ ssrc, extensions }))!;
  const ids = createHeaderExtensionIds();
  ids[HeaderExtension.mid] = 1;
  ids[HeaderExtension.rid] = 2;
  parsed.extensionIds = ids;
  return parsed;
}

describe('RtpListener', () => {
  it('finds by SSRC first, then by MID, then by RID', () => {
    const one = add({ id: 'one', encodings: [{ ssrc: 1, rtx: 2 }], rtxPayloadType: 99 });
    const two = add({ id: 'two', mid: 'two', encodings: [{}] });
    const three = add({ id: 'three', mid: 'three', encodings: [{ rid: 'a' }, { rid: 'b' }] });
    expect(listener.getProducer(packet(1, 'two'))).toBe(one);
    expect(listener.getProducer(packet(2))).toBe(one);
    expect(listener.getProducer(packet(3, 'two', 'a'))).toBe(two);
    expect(listener.getProducer(packet(4, undefined, 'b'))).toBe(three);
    expect(listener.getProducer(packet(5))).toBeUndefined();
    // A MID that nobody has is not forgiven for a RID.
    expect(listener.getProducer(packet(6, 'four', 'a'))).toBeUndefined();
  });

  it('learns SSRCs', () => {
    const two = add({ id: 'two', mid: 'two', encodings: [{}] });
    listener.getProducer(packet(3, 'two'));
    expect(listener.getProducer(packet(3))).toBe(two);
    expect(listener.getProducerBySsrc(3)).toBe(two);
    expect(listener.dump()).toMatchObject({
      ssrcTable: [{ key: 3, value: 'two' }],
      midTable: [{ key: 'two', value: 'two' }],
      ridTable: [],
    });
  });

  it('keeps an SSRC where it was learnt, whatever MID comes with it later', () => {
    const two = add({ id: 'two', mid: 'two', encodings: [{}] });
    const three = add({ id: 'three', mid: 'three', encodings: [{}] });
    listener.getProducer(packet(3, 'two'));
    expect(listener.getProducer(packet(3, 'three'))).toBe(two);
    listener.removeProducer(two);
    expect(listener.getProducer(packet(3, 'three'))).toBe(three);
  });

  it('does not learn without bound', () => {
    const two = add({ id: 'two', mid: 'two', encodings: [{}] });
    for (let ssrc = 0; ssrc < 3000; ssrc++) expect(listener.getProducer(packet(ssrc, 'two'))).toBe(two);
    expect(listener.dump().ssrcTable.length).toBeLessThanOrEqual(1000);
  });

  it.each<[string, ProduceOptions, ProduceOptions]>([
    [
      'ssrc already exists in RTP listener [ssrc:1]',
      { encodings: [{ ssrc: 1 }] },
      { encodings: [{ ssrc: 9 }, { ssrc: 1 }] },
    ],
    [
      'RTX ssrc already exists in RTP listener [ssrc:1]',
      { encodings: [{ ssrc: 1 }] },
      { encodings: [{ ssrc: 9, rtx: 1 }] },
    ],
    ['MID already exists in RTP listener [mid:m]', { mid: 'm' }, { mid: 'm', encodings: [{ ssrc: 9 }] }],
    [
      'RID already exists in RTP listener and no MID is given [rid:a]',
      { mid: 'm', encodings: [{ rid: 'a' }, { rid: 'b' }] },
      { encodings: [{ ssrc: 9, rid: 'c' }, { rid: 'a' }] },
    ],
  ])('refuses what it could not tell apart: %s', (message, first, second) => {
    add({ id: 'one', ...first });
    const before = listener.dump();
    expect(() => add({ id: 'two', ...second })).toThrow(new Error(message));
    expect(listener.dump()).toEqual(before);
  });

  it('takes equal RIDs of different MIDs', () => {
    const one = add({ id: 'one', mid: '1', encodings: [{ rid: 'a' }, { rid: 'b' }] });
    const two = add({ id: 'two', mid: '2', encodings: [{ rid: 'a' }, { rid: 'b' }] });
    expect(listener.getProducer(packet(1, '2', 'a'))).toBe(two);
    expect(listener.getProducer(packet(2, undefined, 'a'))).toBe(one);
  });

  it('forgets a Producer', () => {
    const one = add({ id: 'one', mid: '1', encodings: [{ rid: 'a' }, { rid: 'b' }] });
    listener.getProducer(packet(1, '1'));
    listener.removeProducer(one);
    expect(listener.dump()).toEqual(new RtpListener().dump());
  });
});
