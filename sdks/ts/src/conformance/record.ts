// What one follower of the driver heard so far.

export class Record {
  private entries: unknown[] = [];
  private wake: () => void = () => {};

  add(entry: unknown): void {
    this.entries.push(entry);
    this.wake();
  }

  /** Takes the first `count`, waiting for them; fewer after `seconds`. */
  async take(count: number, seconds: number): Promise<unknown[]> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.wake();
    }, seconds * 1000);
    while (this.entries.length < count && !late) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    clearTimeout(timer);
    return this.entries.splice(0, count);
  }
}
