// What the contract's authors wrote above each thing, as descriptions for whoever reads the generated documents.
import type { DescField, DescMessage, DescMethod, DescService } from "@bufbuild/protobuf";
import { registry } from "./descriptors.js";

type Commented = DescMessage | DescField | DescService | DescMethod;

/** Field numbers of FileDescriptorProto, DescriptorProto and ServiceDescriptorProto that make a location's path. */
const MESSAGE = 4;
const FIELD = 2;
const SERVICE = 6;
const METHOD = 2;

const comments = new Map(
  [...registry.files].flatMap(({ name, proto }) =>
    (proto.sourceCodeInfo?.location ?? []).map(
      ({ path, leadingComments }) => [key(name, path), leadingComments] as const,
    ),
  ),
);

/** As one paragraph; empty = there is none. */
export function commentOf(desc: Commented): string {
  return (comments.get(locationOf(desc)) ?? "").trim().replaceAll(/\s*\n\s*/g, " ");
}

function locationOf(desc: Commented): string {
  switch (desc.kind) {
    case "message":
      return key(desc.file.name, [MESSAGE, desc.file.messages.indexOf(desc)]);
    case "field":
      return `${locationOf(desc.parent)}.${FIELD}.${desc.parent.fields.indexOf(desc)}`;
    case "service":
      return key(desc.file.name, [SERVICE, desc.file.services.indexOf(desc)]);
    case "rpc":
      return `${locationOf(desc.parent)}.${METHOD}.${desc.parent.methods.indexOf(desc)}`;
  }
}

function key(file: string, path: readonly number[]): string {
  return `${file}:${path.join(".")}`;
}
