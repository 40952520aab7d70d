/** Statistics of a stream that a producer receives. */
export type RtpStreamRecvStats = BaseRtpStreamStats & {
  /** `inbound-rtp` */
  type: string;
  packetCount: number;
  byteCount: number;
  /** bps */
  bitrate: number;
  bitrateByLayer: BitrateByLayer;
};

/** Statistics of a stream that a consumer sends. */
export type RtpStreamSendStats = BaseRtpStreamStats & {
  /** `outbound-rtp` */
  type: string;
  packetCount: number;
  byteCount: number;
  /** bps */
  bitrate: number;
};

export type BaseRtpStreamStats = {
  /** Monotonic ms of the worker. */
  timestamp: number;
  ssrc: number;
  rtxSsrc?: number;
  rid?: string;
  kind: string;
  mimeType: string;
  /** Negative if there were more duplicates than losses. */
  packetsLost: number;
  /** 0..255, of the last report. */
  fractionLost: number;
  /** In units of the RTP timestamp. */
  jitter: number;
  packetsDiscarded: number;
  packetsRetransmitted: number;
  packetsRepaired: number;
  nackCount: number;
  nackPacketCount: number;
  pliCount: number;
  firCount: number;
  /** ms; 0 if unknown. */
  roundTripTime?: number;
  rtxPacketsDiscarded?: number;
  /** 0..10 */
  score: number;
};

/** bps by layer, named `<spatial>.<temporal>`. Empty if the stream has no layers. */
export type BitrateByLayer = { [key: string]: number };

/** State of a stream in the dump of its consumer. */
export type RtpStreamDump = {
  params: RtpStreamParametersDump;
  /** 0..10 */
  score: number;
  rtxStream?: RtxStreamDump;
};

export type RtpStreamParametersDump = {
  encodingIdx: number;
  ssrc: number;
  payloadType: number;
  mimeType: string;
  clockRate: number;
  rid?: string;
  cname: string;
  rtxSsrc?: number;
  rtxPayloadType?: number;
  useNack: boolean;
  usePli: boolean;
  useFir: boolean;
  useInBandFec: boolean;
  useDtx: boolean;
  spatialLayers: number;
  temporalLayers: number;
};

export type RtxStreamDump = {
  params: RtxStreamParameters;
};

export type RtxStreamParameters = {
  ssrc: number;
  payloadType: number;
  mimeType: string;
  clockRate: number;
  rrid?: string;
  cname: string;
};
