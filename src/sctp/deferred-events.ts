import {
  type SctpAssociationOwner,
  type SctpErrorKind,
  type SctpMessageFate,
  type SctpNegotiatedCapabilities,
} from './association-owner.js';

type Event =
  | { readonly kind: 'message'; readonly streamId: number; readonly ppid: number; readonly payload: Uint8Array }
  | { readonly kind: 'connecting' | 'failed' | 'closed' | 'restart' | 'totalBufferedAmountLow' }
  | { readonly kind: 'connected'; readonly negotiated: SctpNegotiatedCapabilities }
  | { readonly kind: 'bufferedAmountLow' | 'streamReset'; readonly streamId: number }
  | { readonly kind: 'resetPerformed' | 'resetFailed'; readonly streamIds: readonly number[] }
  | { readonly kind: 'lifecycle'; readonly lifecycleId: number; readonly fate: SctpMessageFate }
  | { readonly kind: 'error'; readonly error: SctpErrorKind; readonly message: string };

/** Keeps the events of an association until it is in a state in which its owner may call it. */
export class DeferredEvents {
  readonly #owner: SctpAssociationOwner;
  readonly #bufferedAmount: (streamId: number) => number;
  readonly #events: Event[] = [];
  #isDelivering = false;

  constructor(owner: SctpAssociationOwner, bufferedAmount: (streamId: number) => number) {
    this.#owner = owner;
    this.#bufferedAmount = bufferedAmount;
  }

  add(event: Event): void {
    this.#events.push(event);
  }

  /** Tells the owner. What happens meanwhile is told as well, after the rest. */
  deliver(now: number): void {
    if (this.#isDelivering || this.#events.length === 0) return;
    this.#isDelivering = true;
    try {
      for (let i = 0; i < this.#events.length; i++) this.#deliver(this.#events[i], now);
    } finally {
      this.#events.length = 0;
      this.#isDelivering = false;
    }
  }

  #deliver(event: Event, now: number): void {
    const owner = this.#owner;
    switch (event.kind) {
      case 'message':
        owner.onSctpMessage(event.streamId, event.ppid, event.payload, now);
        break;
      case 'connecting':
      case 'failed':
      case 'closed':
        owner.onSctpStateChange(event.kind);
        break;
      case 'connected':
        owner.onSctpNegotiated(event.negotiated.maxOutboundStreams, event.negotiated.maxInboundStreams);
        owner.onSctpStateChange('connected');
        break;
      case 'bufferedAmountLow':
        owner.onSctpBufferedAmountLow(event.streamId, this.#bufferedAmount(event.streamId));
        break;
      case 'streamReset':
        owner.onSctpStreamReset(event.streamId);
        break;
      case 'resetPerformed':
        for (const streamId of event.streamIds) owner.onSctpStreamResetPerformed?.(streamId);
        break;
      case 'resetFailed':
        for (const streamId of event.streamIds) owner.onSctpStreamResetFailed?.(streamId);
        break;
      case 'restart':
        owner.onSctpRestart?.();
        break;
      case 'totalBufferedAmountLow':
        owner.onSctpTotalBufferedAmountLow?.();
        break;
      case 'lifecycle':
        owner.onSctpMessageLifecycle?.(event.lifecycleId, event.fate);
        break;
      case 'error':
        owner.onSctpError?.(event.error, event.message);
        break;
    }
  }
}
