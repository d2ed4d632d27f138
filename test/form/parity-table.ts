// docs/parity.md: the public names of the three SDKs side by side, from the code; and which gaps have no reason yet.
import { parse } from "yaml";
import { text } from "./repository.ts";
import { inTheBook, type Language, languages, type Surface, surfaces } from "./surface.ts";

export const page = "docs/parity.md";

type Names = Record<Language, string | undefined>;
/** By the name of the book. */
type Rows = Map<string, Names>;
/** Why a name is not in every language: `name` or `Class.member` → reason. */
type Reasons = Record<string, string>;

export function reasons(): Reasons {
  return (parse(text("test/form/parity.yaml")) as { gaps: Reasons }).gaps;
}

/** Classes whose members are shown, too. */
const SHOWN = ["Bus", "Message", "Queue", "Delivery", "Receipt", "Pipeline", "TestBus", "Mock"];

type Section = readonly [title: string, prefix: string, rows: Rows];

/** What stands in the page, and the names that some language lacks without a reason. */
export function parityTable(): { page: string; unexplained: string[]; outlived: string[] } {
  const all = surfaces();
  const known = reasons();
  const sections = [
    ["Functions", "", rowsOf(all, ({ functions }) => functions)] as const,
    ["Classes", "", rowsOf(all, classNames(all))] as const,
    ...SHOWN.map((name): Section => [name, `${name}.`, rowsOf(all, membersOf(all, name))]),
  ];
  const gaps = sections.flatMap(([, prefix, rows]) =>
    [...rows].filter(([, names]) => hasGap(names)).map(([name]) => prefix + name),
  );
  return {
    page: [HEAD, ...sections.map((section) => shown(section, known))].join("\n"),
    unexplained: gaps.filter((name) => known[name] === undefined),
    outlived: Object.keys(known).filter((name) => !gaps.includes(name)),
  };
}

/** What only TypeScript's compiler knows counts where it is a class elsewhere. */
function classNames(all: Record<Language, Surface>): (surface: Surface) => string[] {
  const elsewhere = new Set([...Object.keys(all.python.classes), ...Object.keys(all.ruby.classes)]);
  return ({ classes, types }) => [...Object.keys(classes), ...Object.keys(types).filter((name) => elsewhere.has(name))];
}

/** A bus under test has the calls of a bus, too; they are shown once. */
function membersOf(all: Record<Language, Surface>, name: string): (surface: Surface) => string[] {
  const ofBus = new Set(languages.flatMap((language) => all[language].classes.Bus ?? []).map(inTheBook));
  return ({ classes, types }) =>
    (classes[name] ?? types[name] ?? []).filter((member) => name !== "TestBus" || !ofBus.has(inTheBook(member)));
}

const HEAD = `# The same in three languages

Every public name of the SDKs, side by side, asked of the code by \`make docs\`; a test compares. What it all does: [the book](../sdks/README.md).
`;

function rowsOf(all: Record<Language, Surface>, names: (surface: Surface) => string[]): Rows {
  const rows: Rows = new Map();
  for (const language of languages) {
    for (const name of names(all[language]).toSorted()) {
      const row = rows.get(inTheBook(name)) ?? { python: undefined, ruby: undefined, ts: undefined };
      row[language] ??= name;
      rows.set(inTheBook(name), row);
    }
  }
  return new Map([...rows].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

function hasGap(names: Names): boolean {
  return languages.some((language) => names[language] === undefined);
}

function shown([title, prefix, rows]: Section, known: Reasons): string {
  const cell = (name: string | undefined) => (name === undefined ? "" : `\`${name}\``);
  const lines = [...rows].map(([name, names]) => {
    const reason = hasGap(names) ? (known[prefix + name] ?? "") : "";
    return `| ${languages.map((language) => cell(names[language])).join(" | ")} | ${reason} |`;
  });
  return `## ${title}\n\n| Python | Ruby | TypeScript | |\n|---|---|---|---|\n${lines.join("\n")}\n`;
}
