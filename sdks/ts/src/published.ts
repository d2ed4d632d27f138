// What a bus published, and from where in the program: for diagrams.
import { callerPlace } from "#platform";
import { type Identifier, rememberedIdentifier } from "./identifier.js";

/** Identifiers that are remembered. */
const AT_MOST = 1000;
/** Of each, the first publications are looked at, and after them ever fewer: finding a place costs some microseconds. */
const LOOKS = 4;

/** One identifier. */
interface Publications {
  readonly identifier: Identifier;
  /** `file:line`; `""` = not known. */
  readonly places: Set<string>;
  count: number;
  /** At which publication it is looked again. */
  next: number;
}

export class Published {
  private readonly known = new Map<string, Publications>();

  /** Reads an identifier that is being published. @throws InvalidIdentifier */
  read(text: string): Identifier {
    const known = this.known.get(text);
    if (known === undefined) return this.begin(text);
    if (++known.count === known.next) look(known);
    return known.identifier;
  }

  /** Each identifier, and from where it was published. */
  *[Symbol.iterator](): Iterator<readonly [Identifier, Iterable<string>]> {
    for (const { identifier, places } of this.known.values()) yield [identifier, places];
  }

  private begin(text: string): Identifier {
    const identifier = rememberedIdentifier(text);
    if (this.known.size >= AT_MOST || identifier.reserved) return identifier;
    const known = { identifier, places: new Set<string>(), count: 1, next: 1 };
    this.known.set(text, known);
    look(known);
    return identifier;
  }
}

function look(known: Publications): void {
  known.places.add(callerPlace());
  known.next = known.count < LOOKS ? known.count + 1 : known.count * 2;
}
