// The queue in constant time against an array, which is right and slow.
import fc from "fast-check";
import { expect, test } from "vitest";
import { Fifo } from "./fifo.js";

test("it does what an array does", () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("push" as const), times: fc.integer({ min: 1, max: 3000 }) }),
    fc.record({ do: fc.constant("shift" as const), times: fc.integer({ min: 1, max: 3000 }) }),
    fc.record({ do: fc.constant("clear" as const), times: fc.constant(1) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const fifo = new Fifo<number>();
      let model: number[] = [];
      let next = 0;
      for (const { do: what, times } of steps) {
        for (let i = 0; i < times; i++) {
          if (what === "push") {
            model.push(next);
            fifo.push(next++);
          } else if (what === "shift") expect(fifo.shift()).toBe(model.shift());
          else {
            fifo.clear();
            model = [];
          }
        }
        expect([fifo.size, fifo.peek()]).toEqual([model.length, model[0]]);
        expect(fifo.first(3)).toEqual(model.slice(0, 3));
      }
    }),
    { numRuns: 30 },
  );
});
