// Server reflection, v1 and v1alpha, so that `buf curl` and grpcurl need no files.
import { readFileSync } from "node:fs";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import type { Server } from "@grpc/grpc-js";
import { ReflectionService } from "@grpc/reflection";

/** FileDescriptorSets of proto/ and of the health service, as `buf build --as-file-descriptor-set` wrote them. */
const DESCRIPTORS = ["descriptors", "health"].map((name) => new URL(`../../../src/gen/${name}.binpb`, import.meta.url));

/**
 * The reflection service takes its files from the shape of a loaded package. Given the raw descriptors of all files at once, it
 * knows packages that span several files, which it does not when each service brings its own.
 */
export function addReflection(server: Server): void {
  const fileDescriptorProtos = DESCRIPTORS.flatMap(readDescriptors);
  const all = { format: "Protocol Buffer 3 DescriptorProto", type: {}, fileDescriptorProtos };
  const pkg = { "berrymq.v1": all } as unknown as ConstructorParameters<typeof ReflectionService>[0];
  new ReflectionService(pkg).addToServer(server);
}

/** FileDescriptorSet has one field: `repeated FileDescriptorProto file = 1`. */
function readDescriptors(file: URL): Buffer[] {
  const reader = new BinaryReader(readFileSync(file));
  const files: Buffer[] = [];
  while (reader.pos < reader.len) {
    reader.uint32();
    files.push(Buffer.from(reader.bytes()));
  }
  return files;
}
