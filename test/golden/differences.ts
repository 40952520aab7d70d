/** A place where this worker departs from the recorded one on purpose. */
export interface Departure {
  /** `<area>/<name>`. */
  readonly recording: string;
  /** Of the value in `expected`, with `*` and `**` as in tolerances. */
  readonly path: string;
  readonly reason: string;
  /** It is not there in each run, so its absence is no news. */
  readonly sometimes?: boolean;
}

const PROBES_BY_RTX = 'to probe for bandwidth, packets of late are sent once more by RTX where that was negotiated';
const PROBES_IF_WANTED = 'the bandwidth is not probed for as long as the estimate exceeds what there is to send';

export const departures: readonly Departure[] = [
  {
    recording: 'rtcp/sender-report-many',
    path: 'reports.tc-peer.*.*.alignmentMs',
    reason:
      'making twenty consumers can take longer than its schedule has room for, and then the first packets are sent at ' +
      'once; sender-report-alignment shows that reports are aligned',
    sometimes: true,
  },
  {
    recording: 'vp8/rewriting-next-to-pipe',
    path: 'rtp.x1@tx-peer.*.ext.0',
    reason: 'the reference sends to a consumer without MID the MID of the consumer served before; here it stays empty',
  },
  {
    recording: 'vp9/l3t3-switching',
    path: 'log.*.events.*.data.temporalLayer',
    reason: 'a lower spatial layer is gone to in the temporal layer that is being sent, so that pictures are whole',
  },
  ...['log.2.result.0.*', 'log.4.result.0.*', 'rtp.c1@tc-peer.*', 'rtp.c1@tc-peer.*.*'].map(path => ({
    recording: 'audio/big-jump',
    path,
    reason: 'sequence numbers and timestamps go on for Consumers when those of the publisher begin anew',
  })),
  {
    recording: 'audio/bitrates',
    path: 'log.*.result.0.*Bitrate',
    reason: 'a window of one second holds a few packets more or less, by the moment at which it is asked for',
    sometimes: true,
  },
  {
    recording: 'data/direct-subchannels',
    path: 'log.10.result.*',
    reason: 'subchannels have no order; the reference lists them in that of its hash table',
  },
  ...['data/sctp-malformed', 'data/sctp-receive-disorder', 'data/sctp-reset-deferred'].map(recording => ({
    recording,
    path: 'sctp.t-peer.sacks.*.rwnd',
    reason: 'a chunk that is held back counts with what it costs in memory, not only with its payload',
  })),
  {
    recording: 'data/sctp-heartbeat-and-unknown',
    path: 'sctp.t-peer.control.*.causes.0.text',
    reason: 'an unknown chunk is reported without the padding behind it, which is not part of it (RFC 9260 §3.2)',
  },
  {
    recording: 'data/sctp-fast-retransmit',
    path: 'sctp.t-peer.data.5.flags',
    reason: 'a fast retransmission asks for an immediate SACK as all data does while the congestion window is small',
  },
  ...['transports/comedia', 'transports/foreign-source'].map(recording => ({
    recording,
    path: 'log.*.result.0.bytesReceived',
    reason: 'the socket is connected to the peer, so the system drops what comes from elsewhere',
  })),
  ...['ice/errors', 'ice/server-demux'].map(recording => ({
    recording,
    path: 'stun.e1.*.attributes.0.reason',
    reason: 'an error answer has no reason phrase if it would be longer than the request with it',
  })),
  {
    recording: 'bwe/desired-bitrate',
    path: 'rtpSummary.c1.rtx@tc-peer',
    reason: PROBES_BY_RTX,
  },
  ...['bwe/desired-bitrate', 'bwe/outgoing-limits', 'bwe/sending-no-feedback', 'bwe/sending-with-feedback'].map(
    recording => ({
      recording,
      path: 'rtpSummary.probation@tc-peer',
      reason: recording === 'bwe/desired-bitrate' ? PROBES_BY_RTX : PROBES_IF_WANTED,
    }),
  ),
  ...['bwe/outgoing-limits', 'bwe/sending-no-feedback', 'bwe/sending-with-feedback'].map(recording => ({
    recording,
    path: 'rtpSummary.c1.rtx@tc-peer',
    reason: PROBES_BY_RTX,
    sometimes: true,
  })),
  { recording: 'bwe/probation-shape', path: 'probation.tc-peer', reason: PROBES_IF_WANTED },
  // Without an event, the entry of the step that made it is missing, and those behind it are one further ahead.
  ...['log.2.*', 'log.3.*', 'log.4'].map(path => ({
    recording: 'trace/transport-probation',
    path,
    reason: PROBES_IF_WANTED,
  })),
  {
    recording: 'bwe/outgoing-limits',
    path: 'traces.tc.bwe.last.minBitrate',
    reason: 'a limit that is lifted takes effect at once, and the event with it',
    sometimes: true,
  },
  {
    recording: 'bwe/layers-under-limit',
    path: 'log.0.events.*',
    reason: 'the high layer is not taken for a moment before the limit is known to forbid it',
    sometimes: true,
  },
  {
    recording: 'api/router-with-everything',
    path: 'log.*.result.rtpParameters.headerExtensions.7',
    reason: 'consumers of AV1 with spatial layers get the dependency descriptor, by our API',
    sometimes: true,
  },
];
