// Writes docs/parity.md; a part of `make docs`.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { page, parityTable } from "./parity-table.ts";
import { root } from "./repository.ts";

writeFileSync(join(root, page), parityTable().page);
