// Where in the program this package was called, for errors and for diagrams: as Node's stacks tell.

/** The file and the line of a frame; Node's own have no path. */
const FRAME = /(?:\(|\bat (?:async )?)((?:file:\/\/|\/|[A-Z]:\\)[^()]*?):(\d+):\d+\)?$/;

/** `file:line` of who called this package; `""` = not known, as where a bundler made one file of both. */
export function callerPlace(): string {
  const frames = deepStack()
    .split("\n")
    .flatMap((line) => {
      const [, file, at] = FRAME.exec(line.trim()) ?? [];
      return file === undefined ? [] : [{ file: file.replace("file://", ""), at }];
    });
  const own = frames[0]?.file.replace(/platform[/\\][^/\\]*$/, "") ?? "";
  const caller = frames.find(({ file }) => !file.startsWith(own));
  return caller === undefined ? "" : `${relative(caller.file)}:${caller.at}`;
}

/** Deep enough for who is behind this package's own frames. */
function deepStack(): string {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 30;
  const { stack = "" } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  return stack;
}

function relative(file: string): string {
  const folder = `${process.cwd()}/`;
  return file.startsWith(folder) ? file.slice(folder.length) : file;
}
