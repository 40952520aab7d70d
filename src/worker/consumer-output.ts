import { RtpStreamSend, type RtpStreamSendOwner } from '../rtp/rtp-stream-send.js';
import { SequenceManager } from '../rtp/sequence-manager.js';
import { type MediaContext } from './media-context.js';
import { codecForEncoding, type RtpParameters, rtxCodecForEncoding } from './rtp-parameters.js';
import { rtpStreamParams } from './rtp-stream-params.js';
import { TargetLayerBuffer } from './target-layer-buffer.js';

/** Range of the first sequence number minus one. Not too low, lest early packets seem to be of the cycle before. */
const MIN_INITIAL_SEQ = 1000;
const MAX_INITIAL_SEQ = 32767;

/** One outgoing stream of a Consumer with what belongs to it. */
export class ConsumerOutput {
  readonly stream: RtpStreamSend;
  /** From the Producer's sequence numbers to those sent. */
  readonly sequence: SequenceManager;
  readonly buffer: TargetLayerBuffer;

  /** @param index of the encoding in the Consumer's parameters */
  constructor(
    parameters: RtpParameters,
    index: number,
    { random, memory, ntpOffset }: MediaContext,
    owner: RtpStreamSendOwner,
    now: number,
  ) {
    const encoding = parameters.encodings[index];
    const codec = codecForEncoding(parameters, encoding);
    const params = { ...rtpStreamParams(parameters, index, encoding, codec, encoding.ssrc), rid: '' };
    const rtxCodec = rtxCodecForEncoding(parameters, encoding);
    const rtx =
      rtxCodec !== undefined && encoding.rtxSsrc !== undefined
        ? { ssrc: encoding.rtxSsrc, payloadType: rtxCodec.payloadType }
        : undefined;
    const initialSeq = MIN_INITIAL_SEQ + (random.uint32() % (MAX_INITIAL_SEQ - MIN_INITIAL_SEQ + 1));
    this.stream = new RtpStreamSend(params, rtx, random.uint32() & 0xffff, memory, ntpOffset, owner, now);
    this.sequence = new SequenceManager(16, initialSeq);
    this.buffer = new TargetLayerBuffer(memory);
  }

  pause(): void {
    this.stream.pause();
    this.buffer.clear();
  }

  /** Lets go of all packets. */
  close(): void {
    this.stream.close();
    this.buffer.clear();
  }
}
