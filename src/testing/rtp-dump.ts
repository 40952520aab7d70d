export interface RecordedDatagram {
  /** ms since the beginning. */
  at: number;
  isRtcp: boolean;
  bytes: Uint8Array;
}

/**
 * Reads a file in the rtpdump format of rtptools, which Wireshark writes:
 *
 * ```
 * "#!rtpplay1.0 address/port\n" | 16 bytes | record ...
 * record: length (16) | length of the RTP packet, 0: RTCP (16) | offset in ms (32) | bytes
 * ```
 *
 * What has been cut off of a packet is filled with zeros.
 */
export function readRtpDump(file: Uint8Array): RecordedDatagram[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const datagrams: RecordedDatagram[] = [];
  for (let offset = file.indexOf(0x0a) + 17; offset < file.length; offset += view.getUint16(offset)) {
    const rtpLength = view.getUint16(offset + 2);
    const recorded = file.subarray(offset + 8, offset + view.getUint16(offset));
    const bytes = new Uint8Array(Math.max(rtpLength, recorded.length));
    bytes.set(recorded);
    datagrams.push({ at: view.getUint32(offset + 4), isRtcp: rtpLength === 0, bytes });
  }
  return datagrams;
}
