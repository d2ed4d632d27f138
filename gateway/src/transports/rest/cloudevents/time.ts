// Times of CloudEvents (RFC 3339) and microseconds since the Unix epoch.

const TIME = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)$/;

/** NaN for a time that there is not, such as a leap second; finer than a microsecond is cut off. */
export function microseconds(time: string): bigint | undefined {
  const [, day, second, fraction = "", zone] = TIME.exec(time) ?? [];
  const milliseconds = Date.parse(`${day}T${second}${zone?.toUpperCase()}`);
  if (Number.isNaN(milliseconds)) return undefined;
  return BigInt(milliseconds) * 1000n + BigInt(fraction.slice(0, 6).padEnd(6, "0"));
}

/** Such as `2026-11-21T10:00:00.000001Z`; undefined for what lies outside the years 0 to 9999. */
export function timeText(microseconds: bigint): string | undefined {
  const part = ((microseconds % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const milliseconds = Number((microseconds - part) / 1000n);
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() < 0 || date.getUTCFullYear() > 9999) return undefined;
  return date.toISOString().replace(".000Z", `.${part.toString().padStart(6, "0")}Z`);
}
