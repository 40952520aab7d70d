/** Sends an RTCP packet to a transport's peer, now. The bytes are only valid during the call. */
export type SendRtcp = (bytes: Uint8Array, offset: number, length: number) => void;
