// Where in the program this package was called, for errors and for diagrams: as Node's stacks tell.

/** The file and the line of a frame; Node's own have no path. */
const FRAME = /(?:\(|\bat (?:async )?)((?:file:\/\/|\/|[A-Z]:\\)[^()]*?):(\d+):\d+\)?$/;

/** `file:line` of who called this package; `""` = not known, as where a bundler made one file of both. */
export function callerPlace(): string {
  let own: string | undefined;
  for (const line of deepStack().split("\n")) {
    const [, url, at] = FRAME.exec(line) ?? [];
    if (url === undefined) continue;
    const file = url.replace("file://", "");
    own ??= file.replace(/platform[/\\][^/\\]*$/, "");
    if (!file.startsWith(own)) return `${relative(file)}:${at}`;
  }
  return "";
}

/** Deep enough for who is behind this package's own frames. */
function deepStack(): string {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 18;
  const { stack = "" } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  return stack;
}

function relative(file: string): string {
  const folder = `${process.cwd()}/`;
  return file.startsWith(folder) ? file.slice(folder.length) : file;
}
