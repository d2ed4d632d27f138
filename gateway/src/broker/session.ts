// A peer's connection as the broker sees it: one random name kept over reconnections, one ident, and the count of what it published.

/** Who calls. Compared by reference: what a session publishes is not echoed to its own followers. */
export class Session {
  /** Streams open now. */
  streams = 0;
  /** How often it came. */
  visits = 0;
  /** Since when, by `clock.now()`, it is awaited, if no stream is open. */
  awaitedAt = Number.NEGATIVE_INFINITY;
  /** Sequence number of the last message that is known to have been taken in; 0 = none. */
  lastSequence = 0;
  /** Whether that is exact: this process took it in itself. Otherwise later ones may have been, before a restart. */
  certain = false;

  constructor(
    /** Empty for an anonymous caller, who is his own session for one call or stream. */
    readonly id: string,
    public ident: string,
  ) {}
}
