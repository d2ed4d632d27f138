// A connection to a gateway on which every byte counts: writes what it is given, keeps what comes, piece by piece.
import { once } from "node:events";
import { connect, type Socket } from "node:net";

const WITHIN_MS = 10_000;

export class Wire {
  /** What came, a piece for each read. */
  readonly pieces: Buffer[] = [];
  closed = false;
  #heard: () => void = () => {};

  private constructor(readonly socket: Socket) {
    socket.on("data", (piece) => {
      this.pieces.push(piece);
      this.#heard();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.closed = true;
      this.#heard();
    });
  }

  static async open(port: number): Promise<Wire> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    return new Wire(socket);
  }

  /** Sends one request and waits for the connection's end; tells all that came. */
  static async ask(port: number, request: string | Buffer): Promise<string> {
    const wire = await Wire.open(port);
    wire.socket.write(request);
    await wire.until(() => wire.closed);
    return wire.text;
  }

  get text(): string {
    return Buffer.concat(this.pieces).toString();
  }

  /** Waits until the condition holds; throws with what came when it does not in time. */
  async until(condition: () => boolean): Promise<void> {
    const deadline = performance.now() + WITHIN_MS;
    while (!condition()) {
      const left = deadline - performance.now();
      if (left <= 0)
        throw new Error(`it did not come in time; what came ends in ${JSON.stringify(this.text.slice(-2000))}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 50));
        this.#heard = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  close(): void {
    this.socket.destroy();
  }
}
