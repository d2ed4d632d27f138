// The contract's own description, as buf wrote it: what the JSON doors read, write and document by.
import { readFileSync } from "node:fs";
import {
  createFileRegistry,
  type DescMessage,
  type DescMethod,
  type DescService,
  type FileRegistry,
  fromBinary,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

const FILE = new URL("../../../src/gen/descriptors.binpb", import.meta.url);

export const registry: FileRegistry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(FILE)));

/** Such as `PublisherService`. */
export function serviceNamed(name: string): DescService {
  const service = registry.getService(`berrymq.v1.${name}`);
  if (service === undefined) throw new Error(`the contract has no service ${name}`);
  return service;
}

/** Such as `PublisherService`, `Publish`. */
export function methodNamed(service: string, name: string): DescMethod {
  const method = serviceNamed(service).methods.find((each) => each.name === name);
  if (method === undefined) throw new Error(`the contract's ${service} has no call ${name}`);
  return method;
}

/** Such as `Message`. */
export function messageNamed(name: string): DescMessage {
  const message = registry.getMessage(`berrymq.v1.${name}`);
  if (message === undefined) throw new Error(`the contract has no message ${name}`);
  return message;
}
