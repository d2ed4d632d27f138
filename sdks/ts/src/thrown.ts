// What was thrown, as text. Anything may be: also what has no text, and what throws again when it is looked at.

export interface Thrown {
  readonly className: string;
  readonly text: string;
  /** `""` = it has none. */
  readonly stack: string;
}

/** Never throws. An error of another realm (jest, `node:vm`) is known by its parts. */
export function described(thrown: unknown): Thrown {
  try {
    const { name, message, stack } = Object(thrown) as Partial<Record<keyof Error, unknown>>;
    if (typeof message !== "string") return { className: typeof thrown, text: String(thrown), stack: "" };
    return {
      className: typeof name === "string" ? name : typeof thrown,
      text: message,
      stack: typeof stack === "string" ? stack : "",
    };
  } catch {
    return { className: typeof thrown, text: "something that has no text", stack: "" };
  }
}
