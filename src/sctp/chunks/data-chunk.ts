import { copyBytes } from '../../common/bytes.js';

const noBytes = new Uint8Array(0);

/**
 * What DATA and I-DATA say, one fragment of a message: a reusable object that parsers fill and writers read. The
 * payload is not copied: it is valid as long as `bytes` is left alone.
 */
export class DataChunk {
  /** I-DATA rather than DATA. */
  interleaved = false;
  tsn = 0;
  streamId = 0;
  unordered = false;
  /** It is the first fragment of its message. */
  beginning = false;
  /** It is the last fragment of its message. */
  ending = false;
  /** The sender asks for a SACK without delay (RFC 7053). */
  immediateAck = false;
  /** I-DATA: the message identifier (32 bits). DATA: the stream sequence number (16 bits), 0 if unordered. */
  messageId = 0;
  /** I-DATA: the fragment sequence number, 0 in the first one. DATA: 0, its fragments are in the order of TSNs. */
  fsn = 0;
  /** Payload protocol identifier. In I-DATA only the first fragment has one, others 0. */
  ppid = 0;
  bytes: Uint8Array = noBytes;
  payloadOffset = 0;
  payloadLength = 0;

  setFlags(flags: number): void {
    this.ending = (flags & ENDING) !== 0;
    this.beginning = (flags & BEGINNING) !== 0;
    this.unordered = (flags & UNORDERED) !== 0;
    this.immediateAck = (flags & IMMEDIATE) !== 0;
  }

  get flags(): number {
    return (
      (this.ending ? ENDING : 0) |
      (this.beginning ? BEGINNING : 0) |
      (this.unordered ? UNORDERED : 0) |
      (this.immediateAck ? IMMEDIATE : 0)
    );
  }

  /** A copy of the payload. */
  payload(): Uint8Array {
    return copyBytes(this.bytes, this.payloadOffset, this.payloadOffset + this.payloadLength);
  }

  /** Copies the payload to target[offset, offset + payloadLength). */
  copyPayload(target: Uint8Array, offset: number): void {
    target.set(this.bytes.subarray(this.payloadOffset, this.payloadOffset + this.payloadLength), offset);
  }
}

const ENDING = 0x01;
const BEGINNING = 0x02;
const UNORDERED = 0x04;
const IMMEDIATE = 0x08;
