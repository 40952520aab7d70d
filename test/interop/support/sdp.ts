import { type types } from 'tsfu';

/** One media section that the worker offers to a peer. */
export interface OfferedMedia {
  kind: types.MediaKind;
  /** Seen from the worker: `sendonly` for a Consumer, `recvonly` for what becomes a Producer. */
  direction: 'sendonly' | 'recvonly';
  codec: { name: string; payloadType: number; clockRate: number; channels?: number; parameters?: string };
  /** Of a Consumer. */
  ssrc?: number;
}

/**
 * An SDP offer (RFC 8829) for the worker's side of a transport.
 *
 * @param setup `passive` makes the peer the DTLS client, `active` the DTLS server
 */
export function offerOf(
  transport: types.WebRtcTransport,
  { kind, direction, codec, ssrc }: OfferedMedia,
  setup: Setup,
): string {
  const channels = codec.channels ? `/${codec.channels}` : '';
  return description(transport, setup, [
    `m=${kind} 9 UDP/TLS/RTP/SAVPF ${codec.payloadType}`,
    `a=${direction}`,
    'a=rtcp-mux',
    `a=rtpmap:${codec.payloadType} ${codec.name}/${codec.clockRate}${channels}`,
    ...(codec.parameters ? [`a=fmtp:${codec.payloadType} ${codec.parameters}`] : []),
    ...(kind === 'video' ? [`a=rtcp-fb:${codec.payloadType} nack`, `a=rtcp-fb:${codec.payloadType} nack pli`] : []),
    ...(ssrc ? [`a=msid:stream track`, `a=ssrc:${ssrc} cname:worker`] : []),
  ]);
}

/** The same for data channels (RFC 8841). */
export function dataOfferOf(transport: types.WebRtcTransport, setup: Setup): string {
  const { port, maxMessageSize } = transport.sctpParameters!;
  return description(transport, setup, [
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    `a=sctp-port:${port}`,
    `a=max-message-size:${maxMessageSize}`,
  ]);
}

type Setup = 'active' | 'passive' | 'actpass';

/** A description with one media section, whose first line is `m=...`. */
function description(
  { iceParameters, iceCandidates, dtlsParameters }: types.WebRtcTransport,
  setup: Setup,
  [media, ...attributes]: string[],
): string {
  const fingerprint = dtlsParameters.fingerprints.find(({ algorithm }) => algorithm === 'sha-256')!;
  const lines = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=ice-lite',
    'a=group:BUNDLE 0',
    'a=msid-semantic: WMS *',
    media,
    'c=IN IP4 127.0.0.1',
    'a=mid:0',
    `a=ice-ufrag:${iceParameters.usernameFragment}`,
    `a=ice-pwd:${iceParameters.password}`,
    `a=fingerprint:${fingerprint.algorithm} ${fingerprint.value}`,
    `a=setup:${setup}`,
    ...attributes,
    ...iceCandidates.map(
      ({ foundation, priority, address, port }) =>
        `a=candidate:${foundation} 1 udp ${priority} ${address} ${port} typ host`,
    ),
    'a=end-of-candidates',
  ];
  return `${lines.join('\r\n')}\r\n`;
}

/** What `transport.connect()` needs of the peer's answer. */
export function dtlsParametersOf(answer: string): types.DtlsParameters {
  const [, algorithm, value] = /^a=fingerprint:(\S+) (\S+)/m.exec(answer)!;
  const setup = /^a=setup:(\S+)/m.exec(answer)![1];
  return {
    role: setup === 'active' ? 'client' : 'server',
    fingerprints: [{ algorithm: algorithm as types.FingerprintAlgorithm, value: value.trim().toUpperCase() }],
  };
}

export function ssrcOf(answer: string): number | undefined {
  const match = /^a=ssrc:(\d+)/m.exec(answer);
  return match ? Number(match[1]) : undefined;
}
