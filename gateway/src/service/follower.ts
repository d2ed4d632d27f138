// Following, each call implemented once for all transports.
import type { Broker } from "../broker/broker.js";
import type { Follower } from "../broker/follower.js";
import type { FollowRequest } from "../gen/berrymq/v1/follower_service.js";
import { type Limits, MAX_SOURCE } from "../limits.js";
import { Refusal } from "../model/errors.js";
import { readIdentifier } from "../model/identifier.js";
import type { Caller } from "./caller.js";

export class FollowerService {
  constructor(
    readonly broker: Broker,
    readonly limits: Pick<Limits, "followerPatterns">,
  ) {}

  /** Opens a stream that follows nothing yet. */
  stream(caller: Caller): FollowStream {
    return new FollowStream(this.broker, this.limits, caller);
  }
}

/** A copy, since a slice would keep the whole text alive. */
function endOf(source: string): string {
  return source.length <= MAX_SOURCE ? source : Buffer.from(source.slice(-MAX_SOURCE)).toString();
}

export class FollowStream {
  readonly #follower: Follower;
  #closed = false;

  constructor(
    readonly broker: Broker,
    readonly limits: Pick<Limits, "followerPatterns">,
    caller: Caller,
  ) {
    this.#follower = broker.addFollower(broker.presence.enter(caller.session, caller.ident));
  }

  /** Called at the end of a turn in which there came something to take. */
  set onReady(callback: () => void) {
    this.#follower.onReady = callback;
  }

  /** Changes what is followed. @throws Refusal that ends the stream: INVALID_IDENTIFIER, LIMIT_REACHED */
  apply(request: FollowRequest): void {
    for (const { pattern, answers, source } of request.add) {
      this.broker.follow(this.#follower, { identifier: readIdentifier(pattern), answers, source: endOf(source) });
    }
    for (const pattern of request.remove) this.broker.unfollow(this.#follower, pattern);
    const { size } = this.#follower.patterns;
    if (size > this.limits.followerPatterns) {
      throw new Refusal(
        "LIMIT_REACHED",
        `${size} patterns on one stream; at most ${this.limits.followerPatterns} are taken`,
      );
    }
    if (request.acknowledge.length > 0) {
      this.broker.unacknowledged.acknowledge(request.acknowledge).catch(this.broker.report);
    }
    if (request.credit !== undefined) this.#follower.grant(Number(request.credit));
  }

  /** The next entries of a batch, about `bytes` of them; undefined when there is nothing or no credit. */
  take(bytes: number): Buffer[] | undefined {
    return this.#follower.take(bytes);
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.broker.removeFollower(this.#follower);
    this.broker.presence.leave(this.#follower.session);
  }
}
