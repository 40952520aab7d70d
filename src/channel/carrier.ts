/**
 * One end of a connection between the API and a worker. A message is one FlatBuffer (`Message` of the schema) without
 * length prefix. Messages arrive in the order they were sent in, never within the call of `send`.
 *
 * What is sent in one synchronous run travels together, so a response and the notifications before it reach the other
 * side in one read.
 */
export interface Carrier {
  /**
   * Called for each message; must not throw. The bytes are valid during the call only, and begin at a multiple of four,
   * so that every accessor of the generated code may be used on them. Set it before the event loop turns.
   */
  onMessage: (message: Uint8Array) => void;

  /** The other end has gone: nothing will arrive any more, and nothing sent arrives there. Not called after `close`. */
  onClosed: () => void;

  /** Something went wrong and the carrier lives on (a message was too long and is dropped): one line for a log. */
  onProblem: (problem: string) => void;

  /**
   * Sends a message; done with the bytes when it returns. Does nothing on a carrier that is closed. A message longer
   * than `MAX_PAYLOAD_LENGTH` is dropped and reported.
   */
  send(message: Uint8Array): void;

  /** What has been sent still goes out, nothing comes in any more. */
  close(): void;
}
