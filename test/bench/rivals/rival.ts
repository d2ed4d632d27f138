// What the durable benchmark asks of a broker: a server process of its own, and clients that publish and consume with acknowledgements.

/** Payloads that one call of `publish` takes. */
export const PIECE = 512;
/** Pieces that may wait for the broker's word at once. */
export const PIECES_UNANSWERED = 16;
/** Messages that a consumer may have unacknowledged at once. */
export const UNACKNOWLEDGED = 2048;

/** A broker that runs, on 127.0.0.1. */
export interface Server {
  /** `127.0.0.1:PORT` */
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** One connection of one program. */
export interface Client {
  /** Makes the queue. Once, before anybody publishes. */
  prepare(): Promise<void>;
  /** Fulfilled when the broker has acknowledged every one. */
  publish(payloads: Uint8Array[]): Promise<void>;
  /**
   * Hands over and acknowledges, until `take` says that this was the last one. Fulfilled when the broker has
   * taken note of every acknowledgement.
   */
  consume(take: (payload: Uint8Array) => boolean): Promise<void>;
  /** Messages that nobody has acknowledged. */
  left(): Promise<number>;
  close(): Promise<void>;
}

export interface Rival {
  /** What is compared, with the setting that decides how durable it is. */
  readonly title: string;
  /** Of server and client; undefined = the server is not on this machine. */
  version(): string | undefined;
  /** Starts with an empty `directory`, in which it keeps everything. */
  start(directory: string): Promise<Server>;
  open(url: string): Promise<Client>;
}
