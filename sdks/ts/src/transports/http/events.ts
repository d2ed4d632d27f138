// Reads server-sent events (HTML standard §9.2) as they come in pieces.

export interface ServerEvent {
  readonly name: string;
  readonly data: string;
}

/** Characters of one event at most: more than any message that gateways take, as base64. */
const MOST = 64 * 1024 * 1024;

/** Takes text piece by piece; gives the events that are whole. Comments, ids and retry times are passed over. */
export class EventReader {
  private rest = "";

  /** @throws RangeError when an event has no end */
  *read(piece: string): Generator<ServerEvent> {
    const text = this.rest + piece;
    if (text.length > MOST) throw new RangeError(`an event is longer than ${MOST} characters`);
    // A large event comes in many pieces; what has no line's end cannot end it.
    const blocks = piece.includes("\n") ? text.split(/\r?\n\r?\n/) : [text];
    this.rest = blocks.pop()!;
    for (const block of blocks) {
      const event = readEvent(block);
      if (event !== undefined) yield event;
    }
  }
}

function readEvent(block: string): ServerEvent | undefined {
  let name = "message";
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const [, field, value] = /^(\w+): ?(.*)$/s.exec(line) ?? [];
    if (field === "event") name = value!;
    else if (field === "data") data.push(value!);
  }
  return data.length === 0 ? undefined : { name, data: data.join("\n") };
}
