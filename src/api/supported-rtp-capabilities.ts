import { clone } from './utils.js';
import {
  type MediaKind,
  type RouterRtpCapabilities,
  type RouterRtpCodecCapability,
  type RtcpFeedback,
  type RtpHeaderExtension,
  type RtpHeaderExtensionDirection,
  type RtpHeaderExtensionUri,
} from './types/rtp-parameters.js';

/** All codecs and header extensions that a router can have. A copy. */
export const getSupportedRtpCapabilities = (): RouterRtpCapabilities => clone(supportedRtpCapabilities);

const transportCc: RtcpFeedback[] = [{ type: 'transport-cc' }];
const videoFeedback: RtcpFeedback[] = [
  { type: 'nack' },
  { type: 'nack', parameter: 'pli' },
  { type: 'ccm', parameter: 'fir' },
  { type: 'goog-remb' },
  { type: 'transport-cc' },
];

const audio = (
  name: string,
  clockRate: number,
  rest: Omit<RouterRtpCodecCapability, 'kind' | 'mimeType' | 'clockRate'> = {},
): RouterRtpCodecCapability => ({ kind: 'audio', mimeType: `audio/${name}`, clockRate, ...clone(rest) });

const video = (name: string, parameters?: Record<string, unknown>): RouterRtpCodecCapability => ({
  kind: 'video',
  mimeType: `video/${name}`,
  clockRate: 90000,
  ...(parameters && { parameters }),
  rtcpFeedback: clone(videoFeedback),
});

const multiopus = (channels: number, mapping: string, streams: number, coupled: number): RouterRtpCodecCapability =>
  audio('multiopus', 48000, {
    channels,
    parameters: { channel_mapping: mapping, num_streams: streams, coupled_streams: coupled },
    rtcpFeedback: [{ type: 'nack' }, { type: 'transport-cc' }],
  });

const extension = (
  kind: MediaKind,
  uri: RtpHeaderExtensionUri,
  preferredId: number,
  direction: RtpHeaderExtensionDirection = 'sendrecv',
): RtpHeaderExtension => ({ kind, uri, preferredId, preferredEncrypt: false, direction });

const mid = 'urn:ietf:params:rtp-hdrext:sdes:mid';
const absSendTime = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time';
const transportWideCc = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';
const dependencyDescriptor = 'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension';
const absCaptureTime = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time';
const playoutDelay = 'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay';
const packetId = 'urn:mediasoup:params:rtp-hdrext:packet-id';

/**
 * The table itself. Its order matters: payload types are searched and extensions listed in it. Ids of extensions are
 * fixed, because the worker knows the extensions of forwarded packets by them.
 */
export const supportedRtpCapabilities: RouterRtpCapabilities = {
  codecs: [
    audio('opus', 48000, { channels: 2, rtcpFeedback: [{ type: 'nack' }, { type: 'transport-cc' }] }),
    multiopus(4, '0,1,2,3', 2, 2),
    multiopus(6, '0,4,1,2,3,5', 4, 2),
    multiopus(8, '0,6,1,2,3,4,5,7', 5, 3),
    // Payload types below 96 are those of RFC 3551 §6.
    audio('PCMU', 8000, { preferredPayloadType: 0, rtcpFeedback: transportCc }),
    audio('PCMA', 8000, { preferredPayloadType: 8, rtcpFeedback: transportCc }),
    audio('ISAC', 32000, { rtcpFeedback: transportCc }),
    audio('ISAC', 16000, { rtcpFeedback: transportCc }),
    audio('G722', 8000, { preferredPayloadType: 9, rtcpFeedback: transportCc }),
    audio('iLBC', 8000, { rtcpFeedback: transportCc }),
    ...[24000, 16000, 12000, 8000].map(clockRate => audio('SILK', clockRate, { rtcpFeedback: transportCc })),
    ...[32000, 16000, 8000].map(clockRate => audio('CN', clockRate, { preferredPayloadType: 13 })),
    ...[48000, 32000, 16000, 8000].map(clockRate => audio('telephone-event', clockRate)),
    video('VP8'),
    video('VP9'),
    video('H264', { 'level-asymmetry-allowed': 1 }),
    video('H265'),
    video('AV1', {}),
  ],
  headerExtensions: [
    extension('audio', mid, 1),
    extension('video', mid, 1),
    extension('video', 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id', 2, 'recvonly'),
    extension('video', 'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id', 3, 'recvonly'),
    extension('audio', absSendTime, 4),
    extension('video', absSendTime, 4),
    // Bandwidth is estimated by what video is sent: audio is only told how it arrives.
    extension('audio', transportWideCc, 5, 'recvonly'),
    extension('video', transportWideCc, 5),
    extension('audio', 'urn:ietf:params:rtp-hdrext:ssrc-audio-level', 6),
    extension('video', dependencyDescriptor, 7, 'recvonly'),
    extension('video', 'urn:3gpp:video-orientation', 8),
    extension('video', 'urn:ietf:params:rtp-hdrext:toffset', 9),
    extension('audio', absCaptureTime, 10),
    extension('video', absCaptureTime, 10),
    extension('audio', playoutDelay, 11),
    extension('video', playoutDelay, 11),
    extension('audio', packetId, 12),
    extension('video', packetId, 12),
  ],
};
