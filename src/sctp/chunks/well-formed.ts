import { parseAbort } from './abort.js';
import { ChunkType } from './chunk.js';
import { isCookieAck } from './cookie-ack.js';
import { DATA_HEADER_LENGTH } from './data.js';
import { parseError } from './error.js';
import { parseForwardTsn } from './forward-tsn.js';
import { parseHeartbeatAck } from './heartbeat-ack.js';
import { parseHeartbeat } from './heartbeat.js';
import { I_DATA_HEADER_LENGTH } from './i-data.js';
import { parseIForwardTsn } from './i-forward-tsn.js';
import { parseInitAck } from './init-ack.js';
import { parseInit } from './init.js';
import { parseReConfig } from './re-config.js';
import { isSack } from './sack.js';
import { isShutdownAck } from './shutdown-ack.js';
import { parseShutdownComplete } from './shutdown-complete.js';
import { parseShutdown } from './shutdown.js';

/** Whether a chunk can be parsed, down to its parameters and error causes. One of an unknown type always can. */
export function isChunkWellFormed(type: number, bytes: Uint8Array, offset: number, length: number): boolean {
  switch (type) {
    case ChunkType.data:
      return length >= DATA_HEADER_LENGTH;
    case ChunkType.iData:
      return length >= I_DATA_HEADER_LENGTH;
    case ChunkType.sack:
      return isSack(bytes, offset, length);
    case ChunkType.init:
      return parseInit(bytes, offset, length) !== undefined;
    case ChunkType.initAck:
      return parseInitAck(bytes, offset, length) !== undefined;
    case ChunkType.heartbeat:
      return parseHeartbeat(bytes, offset, length) !== undefined;
    case ChunkType.heartbeatAck:
      return parseHeartbeatAck(bytes, offset, length) !== undefined;
    case ChunkType.abort:
      return parseAbort(bytes, offset, length) !== undefined;
    case ChunkType.shutdown:
      return parseShutdown(bytes, offset, length) !== undefined;
    case ChunkType.shutdownAck:
      return isShutdownAck(length);
    case ChunkType.error:
      return parseError(bytes, offset, length) !== undefined;
    case ChunkType.cookieAck:
      return isCookieAck(length);
    case ChunkType.shutdownComplete:
      return parseShutdownComplete(bytes, offset, length) !== undefined;
    case ChunkType.reConfig:
      return parseReConfig(bytes, offset, length) !== undefined;
    case ChunkType.forwardTsn:
      return parseForwardTsn(bytes, offset, length) !== undefined;
    case ChunkType.iForwardTsn:
      return parseIForwardTsn(bytes, offset, length) !== undefined;
    default:
      return true;
  }
}
