// Texts of CloudEvents: the specification's type String.

/** Attributes of an event by their names, as texts. */
export type Context = Record<string, string>;

const NO_TEXT = /\p{Cc}|\p{Surrogate}|\p{Noncharacter_Code_Point}/gu;

/** Whether the specification takes it. */
export function isText(value: string): boolean {
  return value.search(NO_TEXT) < 0;
}

/** JSON without what the specification does not take: that is escaped. */
export function asText(json: string): string {
  return json.replaceAll(NO_TEXT, (character) =>
    character
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}
