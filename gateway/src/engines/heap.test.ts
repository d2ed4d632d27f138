// The heap against sorting, which is right and slow.
import fc from "fast-check";
import { expect, test } from "vitest";
import { Heap } from "./heap.js";

test("the least comes first, whatever was pushed and popped", () => {
  fc.assert(
    fc.property(
      fc.array(fc.option(fc.integer({ min: 0, max: 50 }), { nil: undefined }), { maxLength: 200 }),
      (steps) => {
        const heap = new Heap<number>((one, other) => one < other);
        const model: number[] = [];
        for (const step of steps) {
          if (step === undefined) expect(heap.pop()).toBe(model.shift());
          else {
            heap.push(step);
            model.push(step);
            model.sort((one, other) => one - other);
          }
          expect([heap.size, heap.peek()]).toEqual([model.length, model[0]]);
          expect([...heap.values()].sort((one, other) => one - other)).toEqual(model);
        }
      },
    ),
  );
});
