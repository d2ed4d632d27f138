// Waiting times between attempts to reach a gateway.

const FIRST_SECONDS = 0.1;
const MOST_SECONDS = 5;

/** Seconds before attempt `attempt` (from 1): doubling, with full jitter, so that a thousand programs do not come back at once. */
export function backoffSeconds(attempt: number, random: () => number = Math.random): number {
  return random() * Math.min(MOST_SECONDS, FIRST_SECONDS * 2 ** Math.min(attempt - 1, 10));
}
