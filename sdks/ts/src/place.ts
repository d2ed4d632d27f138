// Where functions were registered, for errors and for diagrams.
import { callerPlace } from "#platform";

/** Functions whose place is remembered: finding one costs some microseconds. */
const PLACES_AT_MOST = 1000;
const places = new WeakMap<object, string>();
let found = 0;

/** Where a function was first registered; `""` = not known. */
export function placeOf(registered: object): string {
  const known = places.get(registered);
  if (known !== undefined || found >= PLACES_AT_MOST) return known ?? "";
  found++;
  const place = callerPlace();
  places.set(registered, place);
  return place;
}

/** ` (file:line)` of who called this package; `""` = not known. */
export function calledAt(): string {
  const place = callerPlace();
  return place && ` (${place})`;
}
