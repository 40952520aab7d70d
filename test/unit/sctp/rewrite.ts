import { encodeAbort, parseAbort } from '../../../src/sctp/chunks/abort.js';
import { ChunkType } from '../../../src/sctp/chunks/chunk.js';
import { encodeCookieAck, isCookieAck } from '../../../src/sctp/chunks/cookie-ack.js';
import { encodeCookieEcho, parseCookieEcho } from '../../../src/sctp/chunks/cookie-echo.js';
import { DataChunk } from '../../../src/sctp/chunks/data-chunk.js';
import { parseData, writeData } from '../../../src/sctp/chunks/data.js';
import { encodeError, parseError } from '../../../src/sctp/chunks/error.js';
import { encodeForwardTsn, parseForwardTsn } from '../../../src/sctp/chunks/forward-tsn.js';
import { encodeHeartbeatAck, parseHeartbeatAck } from '../../../src/sctp/chunks/heartbeat-ack.js';
import { encodeHeartbeat, parseHeartbeat } from '../../../src/sctp/chunks/heartbeat.js';
import { parseIData, writeIData } from '../../../src/sctp/chunks/i-data.js';
import { encodeIForwardTsn, parseIForwardTsn } from '../../../src/sctp/chunks/i-forward-tsn.js';
import { encodeInitAck, parseInitAck } from '../../../src/sctp/chunks/init-ack.js';
import { encodeInit, parseInit } from '../../../src/sctp/chunks/init.js';
import { encodeReConfig, parseReConfig } from '../../../src/sctp/chunks/re-config.js';
import { parseSack, SackChunk, sackLength, writeSack } from '../../../src/sctp/chunks/sack.js';
import { encodeShutdownAck, isShutdownAck } from '../../../src/sctp/chunks/shutdown-ack.js';
import { encodeShutdownComplete, parseShutdownComplete } from '../../../src/sctp/chunks/shutdown-complete.js';
import { encodeShutdown, parseShutdown } from '../../../src/sctp/chunks/shutdown.js';
import { hex } from './support.js';

/** What a chunk says, and the chunk written anew from that. Undefined if it cannot be parsed. */
export interface Rewritten {
  readonly content: unknown;
  readonly chunk: Uint8Array;
}

type Rewriter = (bytes: Uint8Array, offset: number, length: number) => Rewritten | undefined;

function control<Chunk>(
  parse: (bytes: Uint8Array, offset: number, length: number) => Chunk | undefined,
  encode: (chunk: Chunk) => Uint8Array,
): Rewriter {
  return (bytes, offset, length) => {
    const content = parse(bytes, offset, length);
    return content === undefined ? undefined : { content, chunk: encode(content) };
  };
}

function data(parse: typeof parseData, write: typeof writeData, headerLength: number): Rewriter {
  return (bytes, offset, length) => {
    const chunk = new DataChunk();
    if (!parse(bytes, offset, length, chunk)) return undefined;
    const written = new Uint8Array(headerLength + chunk.payloadLength);
    write(written, 0, chunk);
    const { bytes: _bytes, payloadOffset: _offset, payloadLength: _length, ...content } = chunk;
    return { content: { ...content, payload: hex(chunk.payload()) }, chunk: written };
  };
}

const sack: Rewriter = (bytes, offset, length) => {
  const chunk = new SackChunk();
  if (!parseSack(bytes, offset, length, chunk)) return undefined;
  const written = new Uint8Array(sackLength(chunk));
  writeSack(written, 0, chunk);
  const { cumulativeTsn, advertisedReceiverWindow } = chunk;
  const gaps = Array.from({ length: chunk.gapBlockCount }, (_, i) => [chunk.gapStarts[i], chunk.gapEnds[i]]);
  const duplicates = [...chunk.duplicateTsns.subarray(0, chunk.duplicateCount)];
  return { content: { cumulativeTsn, advertisedReceiverWindow, gaps, duplicates }, chunk: written };
};

const empty =
  (is: (length: number) => boolean, encode: () => Uint8Array): Rewriter =>
  (_bytes, _offset, length) =>
    is(length) ? { content: {}, chunk: encode() } : undefined;

const rewriters = new Map<number, Rewriter>([
  [ChunkType.data, data(parseData, writeData, 16)],
  [ChunkType.iData, data(parseIData, writeIData, 20)],
  [ChunkType.sack, sack],
  [ChunkType.init, control(parseInit, encodeInit)],
  [ChunkType.initAck, control(parseInitAck, encodeInitAck)],
  [ChunkType.heartbeat, control(parseHeartbeat, encodeHeartbeat)],
  [ChunkType.heartbeatAck, control(parseHeartbeatAck, encodeHeartbeatAck)],
  [ChunkType.abort, control(parseAbort, encodeAbort)],
  [ChunkType.shutdown, control(parseShutdown, encodeShutdown)],
  [ChunkType.shutdownAck, empty(isShutdownAck, encodeShutdownAck)],
  [ChunkType.error, control(parseError, encodeError)],
  [ChunkType.cookieEcho, control(parseCookieEcho, encodeCookieEcho)],
  [ChunkType.cookieAck, empty(isCookieAck, encodeCookieAck)],
  [ChunkType.shutdownComplete, control(parseShutdownComplete, encodeShutdownComplete)],
  [ChunkType.reConfig, control(parseReConfig, encodeReConfig)],
  [ChunkType.forwardTsn, control(parseForwardTsn, encodeForwardTsn)],
  [ChunkType.iForwardTsn, control(parseIForwardTsn, encodeIForwardTsn)],
]);

/** Parses a chunk of a known type, and writes what it says. */
export function rewrite(bytes: Uint8Array, offset: number, length: number): Rewritten | undefined {
  return rewriters.get(bytes[offset])!(bytes, offset, length);
}

export const knownChunkTypes: readonly number[] = [...rewriters.keys()];
