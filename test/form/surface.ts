// The public names of each SDK, asked of the language itself: functions of the package, its classes, and their members.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import ts from "typescript";
import { root } from "./repository.ts";

export const languages = ["python", "ruby", "ts"] as const;
export type Language = (typeof languages)[number];

/** Names as the language writes them. Of Ruby, what its signatures declare: friends call more of each other than users may. */
export interface Surface {
  functions: string[];
  classes: Record<string, string[]>;
  /** What only the compiler knows, such as TypeScript's interfaces. */
  types: Record<string, string[]>;
}

export function surfaces(): Record<Language, Surface> {
  return {
    python: asked([".venv/bin/python", "-c", PYTHON]),
    ruby: asked(["ruby", "-rjson", "-e", RUBY]),
    ts: ofDeclarations(["index", "adapters", "testing/index"]),
  };
}

/** A name as the book writes it: `publishMany` and `connected?` are `publish_many` and `connected`. */
export function inTheBook(name: string): string {
  if (/^[A-Z]/.test(name)) return name;
  return name
    .replace(/[?=_]+$/, "")
    .replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    .toLowerCase();
}

function asked([command, ...parameters]: string[]): Surface {
  return { types: {}, ...JSON.parse(execFileSync(command!, parameters, { cwd: root, encoding: "utf8" })) };
}

const PYTHON = `
import importlib, inspect, json
functions, classes = [], {}
for module in map(importlib.import_module, ("berrymq", "berrymq.adapters", "berrymq.testing")):
    for name in module.__all__:
        value = getattr(module, name)
        if inspect.isclass(value):
            members = dict.fromkeys([*dir(value), *getattr(value, "__annotations__", ())])
            classes[name] = [n for n in members if not n.startswith("_") and not (issubclass(value, Exception) and n in dir(Exception))]
        elif callable(value) and not name.startswith("_"):
            (classes.setdefault(name, []) if name[0].isupper() else functions.append(name))
print(json.dumps({"functions": functions, "classes": classes}))
`;

const RUBY = `
require "rbs"
loader = RBS::EnvironmentLoader.new
loader.add(path: Pathname("sdks/ruby/sig"))
builder = RBS::DefinitionBuilder.new(env: RBS::Environment.from_loader(loader).resolve_type_names)
ours = ->(name) { name.to_s.start_with?("::BerryMQ") }
named = ->(methods) { methods.select { |_, method| method.public? && ours.call(method.defs.last.defined_in) }.keys.map(&:to_s) - ["initialize"] }
names = builder.env.class_decls.keys.select { |name| ours.call(name) && builder.env.class_decls[name].is_a?(RBS::Environment::ClassEntry) }
classes = names.to_h { |name| [name.name, named.call(builder.build_instance(name).methods)] }
berrymq = builder.env.class_decls.keys.find { |name| name.to_s == "::BerryMQ" }
puts JSON.generate({ functions: named.call(builder.build_singleton(berrymq).methods), classes: classes })
`;

function ofDeclarations(entries: string[]): Surface {
  const files = entries.map((entry) => join(root, "sdks/ts/dist", `${entry}.d.ts`));
  const program = ts.createProgram(files, {
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    module: ts.ModuleKind.NodeNext,
  });
  const checker = program.getTypeChecker();
  const surface: Surface = { functions: [], classes: {}, types: {} };
  for (const file of files) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file)!);
    for (const symbol of module ? checker.getExportsOfModule(module) : []) add(surface, symbol, checker);
  }
  return surface;
}

function add(surface: Surface, exported: ts.Symbol, checker: ts.TypeChecker): void {
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const { Class, Interface, Function: AFunction, Variable } = ts.SymbolFlags;
  if (symbol.flags & (Class | Interface)) {
    const members = checker.getDeclaredTypeOfSymbol(symbol).getProperties().filter(isPublic);
    const kind = symbol.flags & Class ? surface.classes : surface.types;
    kind[exported.name] = members.map(({ name }) => name).filter((name) => !name.startsWith("__"));
  } else if (symbol.flags & (AFunction | Variable) && /^[a-z]/.test(exported.name))
    surface.functions.push(exported.name);
}

function isPublic(member: ts.Symbol): boolean {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  return !(member.declarations ?? []).some((each) => ts.getCombinedModifierFlags(each) & hidden);
}
