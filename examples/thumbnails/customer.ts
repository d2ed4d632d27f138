// Whom the shop tells, and what its messages say: the bytes are the picture, everything else stands in attributes.
import type { Message } from "berrymq";

/** Dead letters that a page looks at: each comes with the bytes of its picture. */
export const REFUSALS = 25;

export interface Thumbnail {
  /** Message id of the picture that it was made of. */
  readonly picture: string;
  readonly name: string;
  readonly sizes: string;
  readonly image: Blob;
}

export interface Refusal {
  /** Message id of the picture, which it keeps however often it is tried again. */
  readonly picture: string;
  readonly name: string;
  readonly reason: string;
  readonly times: number;
}

export interface Customer {
  hasThumbnail(thumbnail: Thumbnail): void;
  /** The oldest dead letters, up to {@link REFUSALS}. */
  hasRefusals(oldest: readonly Refusal[]): void;
  /** However many dead letters there are. Of pictures that are another page's only these two are told. */
  wasRefused(picture: string, reason: string): void;
  /** Somebody has all refused pictures tried again, perhaps in another page. */
  triesAgain(): void;
  /** Somebody threw all refused pictures away, perhaps in another page. */
  threwAway(): void;
  /** The shop takes pictures of up to so many megapixels. */
  hasRule(megapixels: number): void;
  hasReport(text: string): void;
}

export function thumbnailOf({ attributes, payload, contentType }: Message): Thumbnail {
  const { picture = "", name = "", sizes = "" } = attributes;
  return { picture, name, sizes, image: new Blob([new Uint8Array(payload)], { type: contentType }) };
}

export function refusalOf({ messageId, attributes }: Message): Refusal {
  const deaths: readonly unknown[] = JSON.parse(attributes["berrymq-dead-history"] ?? "[]");
  const { name = "", "berrymq-dead-reason": reason = "" } = attributes;
  return { picture: messageId, name, reason, times: deaths.length };
}
