#!/usr/bin/env python3
"""What the documents say is what the code says.

Every ```cpp block of README.md and docs/guide names a program that the tests compile and run, and
stands there word for word; README's is the whole program. A block marked `wrong` is one that the
source check reports. The guide's table of operations agrees with the native sides. Every case and
test that the table of the conformance suite names exists, and none that is owed is missing there.
Links lead somewhere.
"""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE / "lib"), str(HERE.parent / "tidy")]

import harness  # noqa: E402
import tidy  # noqa: E402

FENCE = re.compile(r"^```(\S*)[ ]*(.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
WAYS = {"adaptive": "measured", "attempt": "at once, else overlapped", "overlapped": "overlapped",
        "readiness": "when ready", "clock": "clock", "at_once": "at once"}
CANCELS = {"always": "always", "until_started": "until started", "never": "never"}


def documents():
    pages = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/**/*.md", "tests/tools/*.md"]
    return sorted(file for page in pages for file in ROOT.glob(page))


def cpp_blocks(page):
    for match in FENCE.finditer(page.read_text()):
        if match.group(1) == "cpp":
            yield page.read_text().count("\n", 0, match.start()) + 1, match.group(2), match.group(3)


def block_problem(page, named, block):
    """Why the block is not what it says it is; None when it is."""
    if named == "wrong":
        function = "task<void> f() {\n" + block + "}\n"
        return None if tidy.check_text("docs/guide/x.cpp", function) else "the source check passes it"
    program = ROOT / named if "/" in named else page.parent / named
    if not named or not program.is_file():
        return f"names no program: {named!r}"
    if program.parent not in (ROOT / "docs/guide", ROOT / "examples", ROOT / "examples/freestanding"):
        return f"{named} is not run by the tests"
    text = program.read_text()
    whole = page == ROOT / "README.md"
    if text == block or (not whole and "\n" + block in "\n" + text):
        return None
    return f"is not {'all' if whole else 'part'} of {named}"


def native_sides():
    """kind -> (cancellable, way), as src/ops tells them."""
    sides = {}
    text = "".join(header.read_text() for header in sorted((ROOT / "src/ops").glob("*.hpp")))
    bases = dict(re.findall(r"^struct (native_\w+) \{(.*?)\n\};", text, re.DOTALL | re.MULTILINE))
    for match in re.finditer(r"struct native<ops::(\w+)>(?: : (\w+)<.*?>)? \{(\}|.*?\n\});", text, re.DOTALL):
        body = bases.get(match.group(2), "") + match.group(3)
        way = re.search(r"route = routing::(\w+)", body)
        cancel = re.search(r"cancel = cancellable::(\w+)", body)
        overlapped = "ring" if "bool prepare(" in body else "pool"
        name = WAYS[way.group(1) if way else "adaptive"]
        if name not in (WAYS["readiness"], WAYS["clock"], WAYS["at_once"]):
            name += f" ({overlapped})"
        sides[match.group(1)] = (CANCELS[cancel.group(1)], name)
    return sides


def table_rows(page):
    """The rows whose first cell is an operation's kind: kind -> (cancellable, way)."""
    rows = {}
    for line in page.read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) == 6 and re.fullmatch(r"`\w+`", cells[0]):
            rows[cells[0].strip("`")] = (cells[4], cells[5])
    return rows


OWED = """files_equal files_equal_rel dirs_equal walk_dirs writes_equal writes_equal_rel all_tests_seq
all_tests_con tcp_connect tcp_listen tcp_receive_seq tcp_receive_con tcp_send_seq tcp_send_con
tcp_echo_client_seq tcp_echo_client_con tcp_echo_server_seq tcp_echo_server_con simple_io read_all
read_to_end write_test wake_test_single wake_test_dropped wake_test_lot self_wake self_no_doublewake
oobe split_oobe split_oobe_stream split_oobe_func single_elem_read single_elem_write
single_elem_write_and_read two_elems two_read_scopes simple_struct_write_and_read drop_bare_stream
drop_bound_stream fully_drop_bound_stream fs_test""".split() + [f"D{i}" for i in range(1, 26)]


def proofs():
    """Names of all conformance cases, and of all tests as Suite.Test."""
    names = set()
    for source in (ROOT / "tests").glob("**/*.cpp"):
        text = source.read_text()
        names |= set(re.findall(r"^SLUICE_(?:LOOP_|THREADS_)?CASE\((\w+)", text, re.MULTILINE))
        names |= {f"{suite}.{test}" for suite, test in
                  re.findall(r"^TEST(?:_[FP])?\((\w+), *(\w+)\)", text, re.MULTILINE)}
    return names


def coverage_problems(page):
    """What the table of the conformance suite names that is not there, or does not name."""
    known, told, problems = proofs(), set(), []
    for line in page.read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) != 2 or set(cells[0]) <= set("-"):
            continue
        told |= set(re.findall(r"\w+", cells[0]))
        named = [name for name in re.findall(r"`([\w.]+)`", cells[1])
                 if "_" in name or "." in name or name in known]
        problems += [f"{cells[0]}: there is no {name}" for name in named if name not in known]
        if not named and "comes with" not in cells[1] and not cells[1].endswith("by"):
            problems.append(f"{cells[0]}: covered by nothing")
    return problems + [f"{name} is not in the table" for name in OWED if name not in told]


def main():
    checks = harness.Checks()
    seen = 0
    for page in [ROOT / "README.md", *sorted((ROOT / "docs/guide").glob("*.md"))]:
        problems = []
        for line, named, block in cpp_blocks(page):
            seen += 1
            why = block_problem(page, named, block)
            if why:
                problems.append(f"line {line}: {why}")
        checks.nothing(f"programs in {page.relative_to(ROOT)}", problems)
    checks.check("there are programs", seen > 0)

    pages = "".join(page.read_text() for page in (ROOT / "docs/guide").glob("*.md"))
    unused = [p.name for p in sorted((ROOT / "docs/guide").glob("*.cpp")) if p.name not in pages]
    checks.nothing("the guide tells of each of its programs", unused)

    told, true = table_rows(ROOT / "docs/guide/03-files-and-directories.md"), native_sides()
    told |= table_rows(ROOT / "docs/guide/05-streams-signals-children-time.md")
    told |= table_rows(ROOT / "docs/guide/17-networking.md")
    checks.nothing("operations in the guide's tables", [
        f"{kind}: the guide says {told.get(kind)}, the code {true.get(kind)}"
        for kind in sorted(told.keys() | true.keys()) if told.get(kind) != true.get(kind)])

    checks.nothing("what the conformance suite covers",
                   coverage_problems(ROOT / "docs/design/conformance.md"))

    broken = [f"{page.relative_to(ROOT)}: {link}" for page in documents()
              for link in LINK.findall(page.read_text())
              if not re.match(r"[a-z]+:", link) and not (page.parent / link).exists()]
    checks.nothing("links", broken)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
