import { MediaKind, Type } from '../channel/fbs/rtp-parameters.js';
import { createEncodingContext } from '../rtp/codecs/registry.js';
import { type ConsumerParameters } from './consumer-parameters.js';
import { PipeProducerStreamManager } from './pipe-producer-stream-manager.js';
import { type ProducerStreamManager, type ProducerStreamManagerOwner } from './producer-stream-manager.js';
import { SimpleProducerStreamManager } from './simple-producer-stream-manager.js';
import { SimulcastProducerStreamManager } from './simulcast-producer-stream-manager.js';
import { SvcProducerStreamManager } from './svc-producer-stream-manager.js';

/** The manager for a Consumer with these parameters. */
export function createProducerStreamManager(
  owner: ProducerStreamManagerOwner,
  parameters: ConsumerParameters,
): ProducerStreamManager {
  const { type, kind, codec, rtpParameters, consumableEncodings, keyFrameSupported } = parameters;
  const [spatialLayer, temporalLayer] = parameters.preferredLayers;
  const mappedSsrcs = consumableEncodings.map(({ ssrc }) => ssrc);
  const isVideo = kind === MediaKind.VIDEO;
  if (type === Type.PIPE) return new PipeProducerStreamManager(owner, mappedSsrcs, isVideo, keyFrameSupported);
  const context = createEncodingContext(codec.mimeType, rtpParameters.encodings[0]);
  if (type === Type.SIMPLE) {
    const audioContext = codec.kind === 'audio' ? context : undefined;
    if (audioContext !== undefined) audioContext.ignoreDtx = parameters.ignoreDtx;
    return new SimpleProducerStreamManager(owner, mappedSsrcs[0], isVideo, keyFrameSupported, audioContext);
  }
  // All codecs that may have layers have a context.
  return type === Type.SVC
    ? new SvcProducerStreamManager(owner, mappedSsrcs[0], context!, spatialLayer, temporalLayer)
    : new SimulcastProducerStreamManager(owner, mappedSsrcs, keyFrameSupported, context!, spatialLayer, temporalLayer);
}
