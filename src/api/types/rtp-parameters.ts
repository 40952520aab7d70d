/** The kind of a stream. */
export type MediaKind = 'audio' | 'video';

/** What an endpoint can receive: codecs and RTP header extensions. */
export type RtpCapabilities = {
  /** Media codecs and RTX codecs. */
  codecs?: RtpCodecCapability[];
  headerExtensions?: RtpHeaderExtension[];
};

/**
 * RtpCapabilities as they come from elsewhere, from mediasoup-client for instance: with MIME types that only the check
 * at run time can judge.
 */
export type RemoteRtpCapabilities = {
  codecs?: RemoteRtpCodecCapability[];
  headerExtensions?: RtpHeaderExtension[];
};

/** RtpCapabilities whose codecs may leave the payload type to the router. */
export type RouterRtpCapabilities = Omit<RtpCapabilities, 'codecs'> & {
  codecs?: RouterRtpCodecCapability[];
};

type CodecCapability<Kind extends MediaKind, MimeType extends string> = {
  kind: Kind;
  /** `audio/opus`, `video/VP8`: starts with the kind. Compared without regard to case. */
  mimeType: MimeType;
  /** 0..127, unique among the codecs. */
  preferredPayloadType: number;
  /** Hz */
  clockRate: number;
  /** Of audio. Default 1. */
  channels?: number;
  /** Codec specific, as in `a=fmtp`: strings and numbers. */
  parameters?: Record<string, unknown>;
  rtcpFeedback?: RtcpFeedback[];
};

/** A codec an endpoint can receive. Its MIME type fits its kind. */
export type RtpCodecCapability =
  CodecCapability<'audio', `audio/${string}`> | CodecCapability<'video', `video/${string}`>;

/** A codec that a remote endpoint says it can receive. */
export type RemoteRtpCodecCapability = CodecCapability<MediaKind, string>;

type WithOptionalPayloadType<T extends { preferredPayloadType: number }> = Omit<T, 'preferredPayloadType'> & {
  /** Default: that of the standard (RFC 3551), else the next one that is free, beginning with 100. */
  preferredPayloadType?: number;
};

/** A codec that a router is to support. Its MIME type fits its kind. */
export type RouterRtpCodecCapability =
  | WithOptionalPayloadType<CodecCapability<'audio', `audio/${string}`>>
  | WithOptionalPayloadType<CodecCapability<'video', `video/${string}`>>;

export type RtpHeaderExtensionDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** An RTP header extension that an endpoint supports, for streams of one kind. */
export type RtpHeaderExtension = {
  kind: MediaKind;
  uri: RtpHeaderExtensionUri;
  /** 1..255 */
  preferredId: number;
  preferredEncrypt?: boolean;
  /** Of a router: `recvonly` extensions are understood on the way in and not sent on. Default `sendrecv`. */
  direction?: RtpHeaderExtensionDirection;
};

/** How media is sent (by a producer's endpoint) or has to be received (by a consumer's endpoint). */
export type RtpParameters = {
  /** The MID by which packets name their media section. Unique in the transport. */
  mid?: string;
  codecs: RtpCodecParameters[];
  headerExtensions?: RtpHeaderExtensionParameters[];
  /** One per stream: several in simulcast. */
  encodings?: RtpEncodingParameters[];
  rtcp?: RtcpParameters;
  /** `a=msid` of SDP: by what it is the same media stream for the receiver. */
  msid?: string;
};

export type RtpCodecParameters = {
  /** `audio/opus`, `video/VP8`. Compared without regard to case. */
  mimeType: string;
  /** 0..127, unique among the codecs. */
  payloadType: number;
  /** Hz */
  clockRate: number;
  /** Of audio. Default 1. */
  channels?: number;
  /** Codec specific, as in `a=fmtp`: strings and numbers. `apt` of an RTX codec is the payload type of its media. */
  parameters?: Record<string, unknown>;
  rtcpFeedback?: RtcpFeedback[];
};

/** A kind of RTCP feedback for a codec: `{ type: 'nack', parameter: 'pli' }`. */
export type RtcpFeedback = {
  type: string;
  parameter?: string;
};

/** One stream of RTP. */
export type RtpEncodingParameters = {
  ssrc?: number;
  /** The RID by which packets name their stream if the SSRC is not known. */
  rid?: string;
  /** Default: the first media codec's. */
  codecPayloadType?: number;
  /** The stream of retransmissions (RFC 4588). */
  rtx?: { ssrc: number };
  /** Whether the sender may pause in silence. */
  dtx?: boolean;
  /** For instance L1T3, see `parseScalabilityMode()`. */
  scalabilityMode?: string;
  /** bps */
  maxBitrate?: number;
};

export type RtpHeaderExtensionUri =
  | 'urn:ietf:params:rtp-hdrext:sdes:mid'
  | 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id'
  | 'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id'
  | 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time'
  | 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01'
  | 'urn:ietf:params:rtp-hdrext:ssrc-audio-level'
  | 'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension'
  | 'urn:3gpp:video-orientation'
  | 'urn:ietf:params:rtp-hdrext:toffset'
  | 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time'
  | 'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay'
  | 'urn:mediasoup:params:rtp-hdrext:packet-id';

export type RtpHeaderExtensionParameters = {
  uri: RtpHeaderExtensionUri;
  /** 1..255, unique among the extensions. */
  id: number;
  encrypt?: boolean;
  parameters?: Record<string, unknown>;
};

export type RtcpParameters = {
  cname?: string;
  /** Reduced-size RTCP (RFC 5506). Always true in what this package returns. */
  reducedSize?: boolean;
};
