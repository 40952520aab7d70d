import { type ByteBuffer } from 'flatbuffers';
import { Channel } from '../../src/api/channel.js';
import { type Notification } from '../../src/channel/fbs/notification.js';
import { tableOf } from '../../src/channel/table.js';
import { readTable } from '../../src/channel/table-reader.js';

/** What FlatBuffers' generated code makes of a notification: where it is in a buffer. */
interface Accessor {
  readonly bb: ByteBuffer;
  readonly bb_pos: number;
}

/**
 * The reference's tests inject notifications by `channel.emit(id, event, accessor)`, where our Channel emits bodies. Its
 * users never see either.
 */
const { emit } = Channel.prototype;
Channel.prototype.emit = function (id, event, body) {
  const accessor = body as unknown as Accessor | undefined;
  if (!accessor?.bb) return emit.call(this, id, event, body);
  const notification = readTable(accessor.bb.bytes(), accessor.bb_pos, tableOf('Notification.Notification'));
  return emit.call(this, id, event, (notification as Notification).body);
};
