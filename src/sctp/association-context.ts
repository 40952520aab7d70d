import {
  type SctpAssociationState,
  type SctpErrorKind,
  type SctpImplementation,
  type SctpMessageFate,
} from './association-owner.js';
import { encodeAbort } from './chunks/abort.js';
import { type DeferredEvents } from './deferred-events.js';
import { type ErrorCause } from './error-causes/error-cause.js';
import { type SctpAssociationOptions } from './options.js';
import { type PacketSender } from './packet-sender.js';
import { type OutgoingMessage } from './sending/outgoing-message.js';
import { type SendQueue } from './sending/send-queue.js';

/** What the parts of an association share. */
export interface AssociationContext {
  readonly options: SctpAssociationOptions;
  readonly sendQueue: SendQueue;
  readonly packets: PacketSender;
  readonly events: DeferredEvents;
  state: SctpAssociationState;
  peerImplementation: SctpImplementation;
  receivedMessages: number;
  /** Tells the owner what becomes of a message, if it wants to know. */
  tellFate(message: OutgoingMessage, fate: SctpMessageFate): void;
  /** Ends the association. Without an error it was meant to end. */
  close(error?: SctpErrorKind, message?: string): void;
}

export function reportError(context: AssociationContext, error: SctpErrorKind, message: string): void {
  context.events.add({ kind: 'error', error, message });
}

/** Tells the peer that it is over (RFC 9260 §9.1). */
export function sendAbort(
  context: AssociationContext,
  verificationTag: number,
  cause: ErrorCause,
  tagReflected = false,
): void {
  context.packets.sendChunk(encodeAbort({ tagReflected, causes: [cause] }), verificationTag);
}
