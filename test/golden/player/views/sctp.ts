import { type Endpoint } from '../endpoint.js';
import { type Json, type JsonObject, type Options } from '../recording.js';
import { type SctpPeer } from '../sctp-peer.js';
import {
  chunkName,
  ChunkType,
  ParameterType,
  readInit,
  readParameters,
  readSack,
  readSctpPacket,
  type SctpChunk,
  type SctpParameter,
  writeDataFlags,
} from '../sctp-wire.js';
import { unique, type View } from './view.js';

/** What came to each SCTP peer, by kind. TSNs and reset numbers are relative to the first one of their owner. */
export const sctpView: View = ({ session, options }) =>
  Object.fromEntries(
    [...session.sctpPeers].map(([name, peer]) => [
      name,
      describeArrivals(session.endpoint(name), peer, session.scriptStart, options.sctp ?? {}),
    ]),
  );

function describeArrivals(
  { arrivals }: Endpoint,
  peer: SctpPeer,
  scriptStart: number,
  options: NonNullable<Options['sctp']>,
): JsonObject {
  const packets = arrivals.map(({ bytes, at }) => ({ ...readSctpPacket(bytes), size: bytes.length, at }));
  const withData = packets.filter(({ chunks }) => chunks.some(isData));
  const sacks: JsonObject[] = [];
  const data: JsonObject[] = [];
  let control: JsonObject[] = [];
  const seen = new Set<number>();
  for (const { chunks, verificationTag } of packets) {
    for (const chunk of chunks) {
      if (chunk.type === ChunkType.SACK) {
        sacks.push(describeSack(chunk, peer));
      } else if (isData(chunk)) {
        const description = describeData(chunk, peer);
        const tsn = description.tsn as number;
        if (seen.has(tsn)) description.again = true;
        seen.add(tsn);
        data.push(description);
      } else {
        control.push(describeControl(chunk, peer, verificationTag));
      }
    }
  }
  if (options.sortData) data.sort((a, b) => (a.tsn as number) - (b.tsn as number));
  if (options.mergeControl) {
    control = control.filter((one, index) => JSON.stringify(one) !== JSON.stringify(control[index - 1]));
  }
  return {
    ports: unique(packets.map(({ sourcePort, destinationPort }) => `${sourcePort}>${destinationPort}`)),
    crcOk: packets.every(({ checksumOk }) => checksumOk),
    control,
    data,
    sacks: options.mergeSacks ? sacks.slice(-1) : sacks,
    ...(options.sizes && { sizes: withData.map(({ size }) => size) }),
    ...(options.dataTimes && { dataTimes: withData.map(({ at }) => Math.round(at - scriptStart)) }),
  };
}

const isData = ({ type }: SctpChunk): boolean => type === ChunkType.DATA || type === ChunkType.I_DATA;

/** Signed, so that numbers before the first one stay small. */
const relativeTo = (first: number, number: number): number => (number - first) | 0;

function describeSack({ value }: SctpChunk, { tsn }: SctpPeer): JsonObject {
  const { cum, rwnd, gaps, duplicates } = readSack(value);
  return {
    cum: relativeTo(tsn, cum),
    gaps: gaps.map(gap => [...gap]),
    dups: duplicates.map(duplicate => relativeTo(tsn, duplicate)),
    rwnd,
  };
}

function describeData({ type, flags, value }: SctpChunk, { theirTsn }: SctpPeer): JsonObject {
  const description: JsonObject = {
    type: chunkName(type),
    flags: writeDataFlags(flags),
    tsn: relativeTo(theirTsn, value.readUInt32BE(0)),
    stream: value.readUInt16BE(4),
  };
  let payload: Buffer;
  if (type === ChunkType.DATA) {
    description.ssn = value.readUInt16BE(6);
    description.ppid = value.readUInt32BE(8);
    payload = value.subarray(12);
  } else {
    description.mid = value.readUInt32BE(8);
    description[flags & 2 ? 'ppid' : 'fsn'] = value.readUInt32BE(12);
    payload = value.subarray(16);
  }
  const hex = payload.toString('hex');
  description.length = payload.length;
  description.data = payload.length <= 40 ? hex : `${hex.slice(0, 32)}...${hex.slice(-8)}`;
  return description;
}

function describeControl(chunk: SctpChunk, peer: SctpPeer, verificationTag: number): JsonObject {
  const type = chunkName(chunk.type);
  const { flags, value } = chunk;
  switch (chunk.type) {
    case ChunkType.INIT:
      return { type, ...describeInit(value), vtag: verificationTag };
    case ChunkType.INIT_ACK:
      return { type, ...describeInit(value) };
    case ChunkType.COOKIE_ECHO:
      return { type, cookie: peer.isOwnCookie(value) ? 'echoed' : 'other' };
    case ChunkType.HEARTBEAT:
      return { type, info: readParameters(value).map(parameter => `${parameter.type}:<${parameter.value.length}>`) };
    case ChunkType.HEARTBEAT_ACK:
      return { type, info: value.toString('hex') };
    case ChunkType.ABORT:
    case ChunkType.ERROR:
      return { type, flags, causes: readParameters(value).map(describeCause) };
    case ChunkType.SHUTDOWN:
      return { type, cum: relativeTo(peer.tsn, value.readUInt32BE(0)) };
    case ChunkType.FORWARD_TSN:
    case ChunkType.I_FORWARD_TSN:
      return { type, cum: relativeTo(peer.theirTsn, value.readUInt32BE(0)), streams: skippedStreams(chunk) };
    case ChunkType.RE_CONFIG:
      return { type, parameters: readParameters(value).map(parameter => describeReconfig(parameter, peer)) };
    case ChunkType.SHUTDOWN_COMPLETE:
      return { type, flags };
    default:
      return value.length === 0 ? { type } : { type, hex: value.toString('hex') };
  }
}

function describeInit(value: Buffer): JsonObject {
  const { tag, rwnd, os, mis, parameters } = readInit(value);
  return {
    tag: tag === 0 ? 'zero' : 'nonzero',
    rwnd,
    os,
    mis,
    parameters: parameters.map(({ type, value }) =>
      type === ParameterType.STATE_COOKIE ? `${type}:<cookie>` : `${type.toString(16)}:${value.toString('hex')}`,
    ),
  };
}

function describeCause({ type: code, value }: SctpParameter): JsonObject {
  const text = value.toString('latin1');
  return { code, text: /^[\x20-\x7e]{4,}$/.test(text) ? text : value.toString('hex') };
}

/** FORWARD-TSN has pairs of 16 bit, I-FORWARD-TSN adds a flag word and a message id of 32 bit. */
function skippedStreams({ type, value }: SctpChunk): Json[] {
  const size = type === ChunkType.FORWARD_TSN ? 4 : 8;
  const streams: Json[] = [];
  for (let at = 4; at + size <= value.length; at += size) {
    const stream = value.readUInt16BE(at);
    streams.push(size === 4 ? [stream, value.readUInt16BE(at + 2)] : [stream, value.readUInt32BE(at + 4)]);
  }
  return streams;
}

function describeReconfig({ type, value }: SctpParameter, { tsn, theirTsn }: SctpPeer): JsonObject {
  if (type === ParameterType.OUTGOING_RESET) {
    return {
      outgoingReset: {
        seq: relativeTo(theirTsn, value.readUInt32BE(0)),
        lastTsn: relativeTo(theirTsn, value.readUInt32BE(8)),
        streams: Array.from({ length: (value.length - 12) >> 1 }, (_, index) => value.readUInt16BE(12 + 2 * index)),
      },
    };
  }
  if (type === ParameterType.RECONFIG_RESPONSE) {
    return { response: { seq: relativeTo(tsn, value.readUInt32BE(0)), result: value.readUInt32BE(4) } };
  }
  return { [`${type}`]: value.toString('hex') };
}
