import { DataChunk } from '../../../src/sctp/chunks/data-chunk.js';
import { type MessageReceiver } from '../../../src/sctp/reassembly/message-assembler.js';

/** Of a chunk; what is left out is 0 or false. */
export interface ChunkValues {
  tsn: number;
  text?: string;
  streamId?: number;
  unordered?: boolean;
  /** `be` is a whole message. Default: none of both. */
  position?: 'b' | 'e' | 'be' | '';
  messageId?: number;
  fsn?: number;
  ppid?: number;
  interleaved?: boolean;
}

export const chunkOf = (values: ChunkValues): DataChunk => {
  const { position = '', text = 'x' } = values;
  const chunk = new DataChunk();
  chunk.tsn = values.tsn >>> 0;
  chunk.streamId = values.streamId ?? 1;
  chunk.unordered = values.unordered ?? false;
  chunk.beginning = position.startsWith('b');
  chunk.ending = position.endsWith('e');
  chunk.messageId = values.messageId ?? 0;
  chunk.fsn = values.fsn ?? 0;
  chunk.ppid = values.ppid ?? 53;
  chunk.interleaved = values.interleaved ?? false;
  // In the middle of a packet that is gone afterwards.
  chunk.bytes = new TextEncoder().encode(`[${text}]`);
  chunk.payloadOffset = 1;
  chunk.payloadLength = chunk.bytes.length - 2;
  return chunk;
};

/** Notes the messages as `stream:ppid:text`. */
export class Inbox implements MessageReceiver {
  messages: string[] = [];

  onMessage(streamId: number, ppid: number, payload: Uint8Array): void {
    this.messages.push(`${streamId}:${ppid}:${new TextDecoder().decode(payload)}`);
  }

  onOversizedMessage(streamId: number, length: number): void {
    this.messages.push(`${streamId}: oversized, ${length}`);
  }

  /** The messages since the last call. */
  take(): string[] {
    const { messages } = this;
    this.messages = [];
    return messages;
  }
}

/** All orders of the items. */
export const permutations = <T>(items: readonly T[]): T[][] =>
  items.length <= 1
    ? [[...items]]
    : items.flatMap((item, i) => permutations(items.filter((_, j) => j !== i)).map(rest => [item, ...rest]));
