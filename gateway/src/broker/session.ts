// A peer's connection as the broker sees it: one random name kept over reconnections, one ident, and the count of what it published.

/** Who calls. Compared by reference: what a session publishes is not echoed to its own followers. */
export class Session {
  /** Streams open now. */
  streams = 0;
  /** Sequence number of the last message taken in on a publish stream; 0 = none yet, undefined = unknown to this gateway. */
  lastSequence: number | undefined;

  constructor(
    /** Empty for an anonymous caller, who is his own session for one call or stream. */
    readonly id: string,
    readonly ident: string,
  ) {}
}
