// Payload protocol identifiers of WebRTC data channels (RFC 8831 §8).
const ppids = { string: 51, binary: 53, emptyString: 56, emptyBinary: 57 } as const;

/** SCTP cannot send nothing (RFC 8831 §6.6): the identifier says that this byte is none. */
const emptyStringPayload = Buffer.from(' ');
const emptyBinaryPayload = Buffer.alloc(1);

/**
 * What is sent for a message of a data channel.
 * @throws TypeError - neither a string nor a Buffer.
 */
export function encodeDataMessage(message: string | Buffer, ppid?: number): { ppid: number; payload: Buffer } {
  if (typeof message !== 'string' && !Buffer.isBuffer(message)) {
    throw new TypeError('message must be a string or a Buffer');
  }
  if (typeof ppid !== 'number') {
    if (typeof message === 'string') ppid = message.length > 0 ? ppids.string : ppids.emptyString;
    else ppid = message.length > 0 ? ppids.binary : ppids.emptyBinary;
  }
  if (ppid === ppids.emptyString) return { ppid, payload: emptyStringPayload };
  if (ppid === ppids.emptyBinary) return { ppid, payload: emptyBinaryPayload };
  return { ppid, payload: typeof message === 'string' ? Buffer.from(message) : message };
}
