#!/usr/bin/env python3
"""Counts what house rules speak of: circles, docs, names, lines, functions. Prints a table; changes nothing.

    scripts/house.py [--list WHAT]      WHAT: circles, openings, short, wide, names, public, functions
"""

import re
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "hpo-core" / "src"
CRATES = ["hpo-core", "hpo-macros", "hpo-linfa", "hpo-burn", "hpo-cli"]
OPENINGS = r"^(What|How|Whether|Of|As many|So many)\b"


def sources(*crates):
    return sorted(path for crate in crates for path in (ROOT / crate / "src").rglob("*.rs"))


def code_of(path):
    """The lines of a file without its tests."""
    return path.read_text().split("#[cfg(test)]")[0].splitlines()


def circles():
    """Import circles among the files and folders of one folder; `mod.rs` is the folder itself."""
    found = []
    for crate in CRATES:
        root = ROOT / crate / "src"
        folders = [root] + sorted(path for path in root.rglob("*") if path.is_dir())
        for folder in folders:
            if folder == CORE:
                continue  # The order of the layers is a test.
            found += circles_within(root, folder)
    return found


def circles_within(root, folder):
    names = {p.stem if p.is_file() else p.name for p in folder.iterdir() if p.suffix == ".rs" or p.is_dir()}
    names -= {"mod", "lib", "main", "tests"}
    inside = list(folder.relative_to(root).parts)
    edges = defaultdict(set)
    for path in folder.rglob("*.rs"):
        parts = path.relative_to(folder).with_suffix("").parts
        if parts[0] not in names:
            continue
        here = inside + [part for part in parts if part != "mod"]
        text = "\n".join(line for line in code_of(path) if not line.lstrip().startswith("//"))
        for target in imports(text, here):
            if target[: len(inside)] == inside and len(target) > len(inside):
                other = target[len(inside)]
                if other in names and other != parts[0]:
                    edges[parts[0]].add(other)
    return [(str(folder.relative_to(ROOT)), sorted(group)) for group in strong(edges)]


def imports(text, here):
    """All paths that a file names with `crate::` or `super::`, as lists of modules from the root of the crate."""
    for match in re.finditer(r"\b((?:crate|self|(?:super::)*super)(?:::\w+)*)(::\{)?", text):
        words = match.group(1).split("::")
        if words[0] == "crate":
            base, rest = [], words[1:]
        elif words[0] == "self":
            base, rest = here, words[1:]
        else:
            ups = sum(word == "super" for word in words)
            base, rest = here[:-ups] if ups <= len(here) else [], words[ups:]
        if match.group(2):
            for name in members(text[match.end() :]):
                yield base + rest + name.split("::")
        else:
            yield base + rest


def members(text):
    depth, word = 0, ""
    for letter in text:
        if letter == "{":
            depth += 1
        elif letter == "}":
            if depth == 0:
                break
            depth -= 1
        if depth == 0 and letter == ",":
            yield word.strip()
            word = ""
        else:
            word += letter
    if word.strip():
        yield word.strip()


def strong(edges):
    """Groups of nodes that reach each other."""
    reach = {node: reachable(edges, node) for node in edges}
    groups = {frozenset(o for o in reach[node] if node in reach.get(o, ())) for node in edges if node in reach[node]}
    return [group for group in groups if len(group) > 1]


def reachable(edges, start):
    seen, open_ = set(), [start]
    while open_:
        for other in edges.get(open_.pop(), ()):
            if other not in seen:
                seen.add(other)
                open_.append(other)
    return seen


def docs():
    """Each doc comment: where it begins, and its text."""
    for path in sources(*CRATES):
        block, start = [], 0
        for number, line in enumerate(code_of(path) + [""], 1):
            match = re.match(r"\s*//[/!]\s?(.*)", line)
            if match:
                if not block:
                    start = number
                block.append(match.group(1))
            elif block:
                yield f"{path.relative_to(ROOT)}:{start}", " ".join(block).strip()
                block = []


def types():
    found = defaultdict(list)
    for path in sources("hpo-core", "hpo-linfa", "hpo-burn", "hpo-cli"):
        for line in code_of(path):
            match = re.match(r"\s*(?:pub(?:\([^)]*\))? )?(?:struct|enum|trait|type|union) (\w+)", line)
            if match and not re.match(r"\s{4,}type ", line):
                found[match.group(1)].append(str(path.relative_to(ROOT)))
    return {name: where for name, where in found.items() if len(where) > 3}


def public():
    """What a user of hpo_core can name: all `pub use` of its public modules, and what `lib.rs` defines."""
    names = set()
    for path in [CORE / "lib.rs"] + sorted(CORE.glob("*/mod.rs")) + sorted(CORE.glob("*.rs")) + [
        CORE / "report/figure/mod.rs", CORE / "report/importance/mod.rs", CORE / "report/advice/mod.rs"]:
        module = path.parent.name if path.name == "mod.rs" else path.stem
        if module in ("numeric", "private", "testing", "file", "terminal"):
            continue
        text = "\n".join(code_of(path))
        text = re.sub(r"#\[doc\(hidden\)\]\s*pub [^;{]*[;{]", "", text)
        for match in re.finditer(r"^pub use ([^;]+);", text, re.M):
            body = match.group(1)
            if "prelude" in body:
                continue
            last = body.split("{", 1)[1].rstrip("} \n") if "{" in body else body.rsplit("::", 1)[-1]
            names |= {(module, name.split(" as ")[-1].split("::")[-1].strip()) for name in last.split(",") if name.strip()}
        for match in re.finditer(r"^pub (?:struct|enum|trait|fn|const|type|static) (\w+)", text, re.M):
            names.add((module, match.group(1)))
    return {name for _, name in names}


def functions():
    """The length in lines of each function of the library, from `fn` to its closing brace."""
    for path in sources(*CRATES):
        if path.name == "tests.rs" or "tests" in path.parts:
            continue
        lines, open_ = code_of(path), None
        for number, line in enumerate(lines, 1):
            match = re.match(r"(\s*)(?:pub(?:\([^)]*\))? )?(?:const |unsafe |async )*fn (\w+)", line)
            if match and open_ is None and not line.rstrip().endswith(";"):
                if line.rstrip().endswith("}"):
                    yield 1, f"{path.relative_to(ROOT)}:{number} {match.group(2)}"
                else:
                    open_ = (match.group(1), number, match.group(2))
            elif open_ and line.startswith(open_[0] + ")") and line.rstrip().endswith(";"):
                open_ = None  # A declaration over several lines.
            elif open_ and line == open_[0] + "}":
                yield number - open_[1] + 1, f"{path.relative_to(ROOT)}:{open_[1]} {open_[2]}"
                open_ = None


def main():
    all_docs = list(docs())
    first = [(where, text) for where, text in all_docs if re.match(OPENINGS, text)]
    short = [(where, text) for where, text in all_docs if len(text.split()) <= 3]
    wide = [(f"{p.relative_to(ROOT)}:{n}", line) for p in sources("hpo-core") for n, line in
            enumerate(p.read_text().splitlines(), 1) if len(line) > 100]
    code = sum(1 for p in sources("hpo-core") for line in code_of(p)
               if line.strip() and not line.strip().startswith("//"))
    lengths = sorted(functions(), reverse=True)
    sizes = sorted(length for length, _ in lengths)
    rings, names, doors = circles(), types(), public()
    listing = {
        "circles": [f"{folder}: {' <-> '.join(group)}" for folder, group in rings],
        "openings": [f"{where}: {text[:90]}" for where, text in first],
        "short": [f"{where}: {text}" for where, text in short],
        "wide": [where for where, _ in wide],
        "names": [f"{name}: {', '.join(where)}" for name, where in sorted(names.items())],
        "public": sorted(doors),
        "functions": [f"{length:4} {where}" for length, where in lengths[:40]],
    }
    if len(sys.argv) == 3 and sys.argv[1] == "--list" and sys.argv[2] in listing:
        print("\n".join(listing[sys.argv[2]]))
        return
    rows = [
        ("import circles inside folders", len(rings)),
        ("doc comments that open with What / How / Whether / Of / As many / So many", len(first)),
        ("doc comments of three words or fewer", len(short)),
        ("lines over 100 columns in hpo-core/src", len(wide)),
        ("names that define more than three types", len(names)),
        ("public names of hpo_core", len(doors)),
        ("hpo-core code lines, without tests", code),
        ("longest function", lengths[0][0]),
        ("90th percentile of functions", sizes[int(len(sizes) * 0.9)]),
    ]
    for what, count in rows:
        print(f"{count:6}  {what}")


if __name__ == "__main__":
    main()
