// When the present turn is over, so that what one turn asks for travels together. Browsers have no setImmediate.

export const soon: (work: () => void) => void = globalThis.setImmediate ?? queueMicrotask;
