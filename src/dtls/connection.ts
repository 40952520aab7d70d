import { DropReason } from '../common/drop-reason.js';
import { AlertDescription, AlertLevel, FatalAlert } from './alert.js';
import { FlightSender, type FlightPart } from './flight.js';
import { type Handshake, type HandshakeOptions, type HandshakeOwner, type HandshakeResult } from './handshake.js';
import {
  HANDSHAKE_HEADER_LENGTH,
  HandshakeType,
  readFragmentHeader,
  type FragmentHeader,
} from './handshake-message.js';
import { HandshakeReassembler } from './handshake-reassembler.js';
import { ContentType, MAX_PLAINTEXT_LENGTH } from './record.js';
import { RecordLayer, type RecordProtection } from './record-layer.js';
import { createClientHandshake, createServerHandshake } from './version-negotiation.js';

export interface ConnectionOwner {
  onSend(bytes: Uint8Array, offset: number, length: number): void;
  /** `result` is there. */
  onEstablished(now: number): void;
  /** The bytes are only valid during the call. */
  onApplicationData(bytes: Uint8Array, offset: number, length: number, now: number): DropReason;
  /** The connection is over: ended or broken by either side, or without answer. Nothing else comes from it. */
  onEnded(now: number): void;
}

/** A datagram can hold 1770 records, each of which costs a decryption: after this many wrong ones the rest is dropped. */
const MAX_FORGERIES = 8;

/**
 * One attempt to speak DTLS with the peer in one role, from the first hello to the end: takes records apart, runs the
 * handshake, answers repetitions, judges alerts. It is used once.
 *
 * Nothing that comes from the network throws, and what it can make us keep is bounded: the handshake reassembler by
 * about 256 KiB, early records by 16 KiB, the transcript by the messages that are allowed.
 */
export class Connection implements HandshakeOwner {
  readonly #owner: ConnectionOwner;
  readonly #options: HandshakeOptions;
  readonly #records: RecordLayer;
  readonly #reassembler: HandshakeReassembler;
  readonly #flight: FlightSender;
  /** Undefined before a server has heard a hello, and when the handshake is complete. */
  #handshake: Handshake | undefined;
  #phase: 'handshake' | 'established' | 'ended';
  #result: HandshakeResult | undefined;
  /** The last of the peer's messages that our current flight answers; -1: none. */
  #answeredSequence: number;
  /** The peer has shown that it writes in epoch 1; whatever comes in epoch 0 is not its word anymore. */
  #peerIsProtected: boolean;
  #writeEpoch: 0 | 1;

  constructor(options: HandshakeOptions, mtu: number, owner: ConnectionOwner) {
    this.#owner = owner;
    this.#options = options;
    this.#records = new RecordLayer();
    this.#reassembler = new HandshakeReassembler();
    this.#flight = new FlightSender(this.#records, mtu, (bytes, offset, length) => owner.onSend(bytes, offset, length));
    this.#handshake = undefined;
    this.#phase = 'handshake';
    this.#result = undefined;
    this.#answeredSequence = -1;
    this.#peerIsProtected = false;
    this.#writeEpoch = 0;
  }

  get nextDeadline(): number {
    return this.#flight.nextDeadline;
  }

  /** What the handshake agreed on; undefined until it is complete. */
  get result(): HandshakeResult | undefined {
    return this.#result;
  }

  /** Sends the ClientHello. A server just waits for one. */
  startClient(now: number): void {
    this.#handshake = createClientHandshake(this.#options, this, now);
  }

  onTimeout(now: number): void {
    if (!this.#flight.onTimeout(now)) this.#end(now);
  }

  /** @returns none if every record of the datagram was taken, else why the first one that was not was dropped */
  onDatagram(bytes: Uint8Array, offset: number, length: number, now: number): DropReason {
    const end = offset + length;
    let reason: DropReason = DropReason.none;
    let forgeries = 0;
    for (let at = offset; at < end && this.#phase !== 'ended';) {
      const recordLength = this.#records.lengthAt(bytes, at, end);
      const dropped = recordLength === 0 ? DropReason.dtlsRecordMalformed : this.#onRecord(bytes, at, now);
      if (reason === DropReason.none) reason = dropped;
      if (recordLength === 0) break;
      if (dropped === DropReason.dtlsAuthentication && ++forgeries === MAX_FORGERIES) break;
      at += recordLength;
      this.#replayEarlyRecords(now);
    }
    return reason;
  }

  /** One record of application data. False if it cannot be sent. */
  send(bytes: Uint8Array, offset: number, length: number): boolean {
    if (this.#phase !== 'established' || length === 0 || length > MAX_PLAINTEXT_LENGTH) return false;
    return this.#sendRecord(ContentType.applicationData, bytes.subarray(offset, offset + length));
  }

  /** Says that no more is to come. Only a completed handshake can be ended so; one under way is just left. */
  close(): void {
    if (this.#phase === 'established') this.#sendAlert(AlertLevel.warning, AlertDescription.closeNotify);
    this.#phase = 'ended';
    this.#flight.stopTimer();
  }

  /** Ends the connection with a fatal alert. The owner is not called. */
  abort(description: AlertDescription): void {
    this.#sendAlert(AlertLevel.fatal, description);
    this.#phase = 'ended';
    this.#flight.stopTimer();
  }

  sendFlight(parts: readonly FlightPart[], expectsAnswer: boolean, now: number): void {
    this.#answeredSequence = this.#reassembler.nextSequence - 1;
    if (parts.some(part => part.epoch === 1)) this.#writeEpoch = 1;
    this.#flight.send(parts, expectsAnswer, now);
  }

  installReadKeys(protection: RecordProtection): void {
    this.#records.installReadKeys(protection);
  }

  installWriteKeys(protection: RecordProtection): void {
    this.#records.installWriteKeys(protection);
  }

  onHandshakeComplete(result: HandshakeResult): void {
    this.#phase = 'established';
    this.#handshake = undefined;
    this.#flight.stopTimer();
    this.#result = result;
  }

  #replayEarlyRecords(now: number): void {
    if (!this.#records.readsProtected) return;
    for (const record of this.#records.takeEarlyRecords()) {
      if (this.#phase !== 'ended') this.#onRecord(record, 0, now);
    }
  }

  #onRecord(bytes: Uint8Array, offset: number, now: number): DropReason {
    const dropped = this.#records.read(bytes, offset);
    if (dropped !== DropReason.none) return dropped;
    const { type, epoch, content } = this.#records;
    if (epoch > 0) this.#peerIsProtected = true;
    switch (type) {
      case ContentType.handshake:
        return this.#onHandshakeRecord(epoch, content, now);
      case ContentType.applicationData:
        return this.#onApplicationData(epoch, content, now);
      case ContentType.alert:
        return this.#onAlert(epoch, content, now);
      default:
        // Nothing hangs on a ChangeCipherSpec: that a record of epoch 1 is authentic says the same, and better.
        return epoch === 0 && content.length === 1 && content[0] === 1
          ? DropReason.none
          : DropReason.dtlsUnexpectedMessage;
    }
  }

  /** A record may hold several fragments. */
  #onHandshakeRecord(epoch: number, content: Uint8Array, now: number): DropReason {
    let at = 0;
    while (content.length - at >= HANDSHAKE_HEADER_LENGTH && this.#phase !== 'ended') {
      const header = readFragmentHeader(content, at);
      const start = at + HANDSHAKE_HEADER_LENGTH;
      at = start + header.fragmentLength;
      if (at > content.length) return DropReason.dtlsFragmentMalformed;
      const dropped = this.#onFragment(epoch, header, content.subarray(start, at), now);
      if (dropped !== DropReason.none) return dropped;
    }
    return at === content.length && at > 0 ? DropReason.none : DropReason.dtlsFragmentMalformed;
  }

  #onFragment(epoch: number, header: FragmentHeader, fragment: Uint8Array, now: number): DropReason {
    if (epoch > 0 && (header.type === HandshakeType.helloRequest || header.type === HandshakeType.clientHello)) {
      // RFC 5746, RFC 8827 §6.5: never.
      this.#sendAlert(AlertLevel.warning, AlertDescription.noRenegotiation);
      return DropReason.dtlsUnexpectedMessage;
    }
    // All messages are in the clear but Finished, which never is. Anybody could have sent what breaks that rule. A
    // HelloRequest during a handshake means nothing (RFC 5246 §7.4.1.1).
    const belongsInEpoch = header.type === HandshakeType.finished ? 1 : 0;
    if (epoch !== belongsInEpoch || header.type === HandshakeType.helloRequest) return DropReason.dtlsUnexpectedMessage;

    if (header.sequence < this.#reassembler.nextSequence) {
      // The end of the peer's last flight again: our answer to it was lost (RFC 6347 §4.2.4).
      const isEnd = header.fragmentOffset + header.fragmentLength === header.length;
      const mayAnswer = this.#phase === 'handshake' || epoch > 0;
      if (header.sequence === this.#answeredSequence && isEnd && mayAnswer) this.#flight.repeat(now);
      return DropReason.dtlsReplay;
    }
    if (this.#phase !== 'handshake') return DropReason.dtlsUnexpectedMessage;

    try {
      const dropped = this.#reassembler.add(header, fragment);
      if (dropped !== DropReason.none) return dropped;
      for (let message = this.#reassembler.take(); message !== undefined; message = this.#reassembler.take()) {
        this.#handshake ??= createServerHandshake(message, this.#options, this);
        this.#handshake.onMessage(message, now);
        if (this.#result !== undefined) break;
      }
    } catch (error) {
      const description = error instanceof FatalAlert ? error.description : AlertDescription.internalError;
      this.#sendAlert(AlertLevel.fatal, description);
      this.#end(now);
      return DropReason.dtlsFatal;
    }
    if (this.#result !== undefined) this.#owner.onEstablished(now);
    return DropReason.none;
  }

  #onApplicationData(epoch: number, content: Uint8Array, now: number): DropReason {
    if (epoch === 0 || this.#phase !== 'established') return DropReason.dtlsApplicationDataEarly;
    // Whoever sends data has our last flight.
    this.#flight.forget();
    if (content.length === 0) return DropReason.none;
    return this.#owner.onApplicationData(content, 0, content.length, now);
  }

  #onAlert(epoch: number, content: Uint8Array, now: number): DropReason {
    if (content.length !== 2) return DropReason.dtlsAlertMalformed;
    const [level, description] = content;
    // In epoch 0 anybody on the path can write alerts. Until the peer writes in epoch 1 it has no other way to refuse.
    if (epoch === 0 && this.#peerIsProtected) return DropReason.dtlsEpoch;
    const isCloseNotify = description === AlertDescription.closeNotify && epoch > 0;
    if (level === AlertLevel.fatal || isCloseNotify) {
      if (isCloseNotify) this.close();
      this.#end(now);
    }
    return DropReason.none;
  }

  #sendAlert(level: number, description: AlertDescription): void {
    this.#sendRecord(ContentType.alert, Uint8Array.of(level, description));
  }

  #sendRecord(type: ContentType, content: Uint8Array): boolean {
    const out = new Uint8Array(this.#records.overhead(this.#writeEpoch) + content.length);
    const length = this.#records.write(this.#writeEpoch, type, content, out, 0);
    if (length > 0) this.#owner.onSend(out, 0, length);
    return length > 0;
  }

  #end(now: number): void {
    this.#phase = 'ended';
    this.#flight.stopTimer();
    this.#owner.onEnded(now);
  }
}
