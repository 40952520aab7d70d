/**
 * The RTP header extensions the worker knows. The numbers are also the ids that every packet carries between Producer
 * and Consumers: a Producer rewrites its client's ids to these (see packet-mangler.ts), and Consumers send them as they
 * are.
 */
export const HeaderExtension = {
  mid: 1,
  rid: 2,
  repairedRid: 3,
  absSendTime: 4,
  transportWideCc: 5,
  audioLevel: 6,
  dependencyDescriptor: 7,
  videoOrientation: 8,
  timeOffset: 9,
  absCaptureTime: 10,
  playoutDelay: 11,
  packetId: 12,
} as const;

export type HeaderExtension = (typeof HeaderExtension)[keyof typeof HeaderExtension];

/** URIs by `HeaderExtension` minus one, which is the order of the channel's enum `RtpHeaderExtensionUri`. */
export const HEADER_EXTENSION_URIS: readonly string[] = [
  'urn:ietf:params:rtp-hdrext:sdes:mid',
  'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
  'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  'urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension',
  'urn:3gpp:video-orientation',
  'urn:ietf:params:rtp-hdrext:toffset',
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time',
  'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay',
  'urn:mediasoup:params:rtp-hdrext:packet-id',
];

/** Which element id carries which extension: indexed by `HeaderExtension`, 0 where it is not in use. */
export type HeaderExtensionIds = Uint8Array;

/** No extension has an id yet. */
export function createHeaderExtensionIds(): HeaderExtensionIds {
  return new Uint8Array(HEADER_EXTENSION_URIS.length + 1);
}

/** The ids between Producer and Consumers: each extension has its own number. Not to be written to. */
export const ROUTER_EXTENSION_IDS: HeaderExtensionIds = createHeaderExtensionIds().map((_, index) => index);

/** Bytes that the MID element of every routed packet has room for, so that each Consumer can write its own. */
export const MID_MAX_LENGTH = 8;
