// JSON as RestMQ's Python wrote it, byte for byte: ASCII only, a space behind `,` and `:`, and `</` as `<\/`.
import { isLosslessNumber } from "lossless-json";

export function pythonJson(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(", ")}]`;
  if (isLosslessNumber(value)) return value.value;
  if (typeof value !== "object" || value === null) return String(value);
  const members = Object.entries(value).map(([key, member]) => `${quoted(key)}: ${pythonJson(member)}`);
  return `{${members.join(", ")}}`;
}

function quoted(text: string): string {
  return JSON.stringify(text)
    .replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .replaceAll("</", "<\\/");
}
