// Reads server-sent events (HTML standard §9.2) as they come in pieces.

export interface ServerEvent {
  readonly name: string;
  readonly data: string;
}

/** Takes text piece by piece; gives the events that are whole. Comments, ids and retry times are passed over. */
export class EventReader {
  private rest = "";

  *read(piece: string): Generator<ServerEvent> {
    const blocks = (this.rest + piece).split(/\r?\n\r?\n/);
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
