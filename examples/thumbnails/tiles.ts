// What became of each picture, as tiles: one for each, whatever is told of it and however often.

export type State = "sending" | "waiting" | "done" | "refused" | "failed";

interface Tile {
  readonly item: HTMLLIElement;
  name: string;
  state: State;
}

export class Tiles {
  private readonly all = new Map<string, Tile>();

  constructor(
    private readonly list: HTMLElement,
    private readonly changed: () => void,
  ) {}

  /** What is done stays done: a late word that it waits changes nothing. */
  show(picture: string, name: string, state: State, words: string, image?: Blob): void {
    const tile = this.all.get(picture) ?? this.add(picture);
    if (tile.state === "done") return;
    Object.assign(tile, { name, state });
    tile.item.dataset.state = state;
    tile.item.replaceChildren(frame(name, image), text("strong", name), text("span", words));
    this.changed();
  }

  /** The gateway has given it its id, under which it may have been told of already. */
  rename(from: string, to: string): void {
    const tile = this.all.get(from);
    this.all.delete(from);
    if (this.all.has(to)) tile?.item.remove();
    else if (tile !== undefined) this.all.set(to, tile);
    this.changed();
  }

  /** Of a picture that has a tile. */
  refuse(picture: string, reason: string): void {
    const tile = this.all.get(picture);
    if (tile !== undefined) this.show(picture, tile.name, "refused", reason);
  }

  /** It was refused, and is so no more. */
  tryAgain(picture: string): void {
    this.show(picture, this.all.get(picture)?.name ?? "", "waiting", "is tried again");
  }

  /** The pictures in a state. */
  in(state: State): string[] {
    return [...this.all].filter(([, tile]) => tile.state === state).map(([picture]) => picture);
  }

  remove(picture: string): void {
    this.all.get(picture)?.item.remove();
    this.all.delete(picture);
    this.changed();
  }

  get size(): number {
    return this.all.size;
  }

  private add(picture: string): Tile {
    const tile: Tile = { item: document.createElement("li"), name: "", state: "sending" };
    this.all.set(picture, tile);
    this.list.prepend(tile.item);
    return tile;
  }
}

function text(kind: "strong" | "span", words: string): HTMLElement {
  const element = document.createElement(kind);
  element.textContent = words;
  element.title = words;
  return element;
}

function frame(name: string, image: Blob | undefined): HTMLElement {
  const box = document.createElement("div");
  if (image === undefined) return box;
  const shown = document.createElement("img");
  shown.alt = `Thumbnail of ${name}`;
  shown.src = URL.createObjectURL(image);
  shown.onload = () => URL.revokeObjectURL(shown.src);
  box.append(shown);
  return box;
}
