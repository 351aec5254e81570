#!/usr/bin/env python3
"""The source check: rules that compilers do not enforce. Usage: tidy.py [--rules] [file]...

Without files: every C++ file of the repository that git knows or would add. A finding that is
right as it stands is excused by a comment on its line, or alone on the line above:

    // tidy: allow(<rule>) <reason>

The await rules exist because g++ 12 compiles these forms silently and wrongly.
"""
import pathlib
import re
import subprocess
import sys

import coroutine_rules
import cpp_tokens

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FOLDERS = ["include", "src", "tools", "tests", "bench", "examples", "docs"]
SUFFIXES = {".hpp", ".h", ".ipp", ".cpp", ".cc"}

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 70
MAX_COLUMNS = 110

RULES = {
    **coroutine_rules.RULES,
    "file-length": f"at most {MAX_FILE_LINES} lines; tests may be listed in long_files.txt",
    "function-length": f"at most {MAX_FUNCTION_LINES} lines from brace to brace",
    "line-length": f"at most {MAX_COLUMNS} columns",
    "trailing-blank": "no blanks at the end of a line",
    "tab": "no tabs",
    "final-newline": "a file ends with one newline",
    "os-header": "public headers include no operating-system header",
    "core-include": "the core includes only itself and what allowed_headers.txt lists as direct",
    "handle-include": "handles (fs, net) include nothing of backend/ or space/",
    "library-output": "the library neither prints nor ends the process",
    "leftover": "no FIXME, XXX, TODO or HACK",
    "allow-reason": "an allow comment names known rules and gives a reason",
}

ALLOW = re.compile(r"tidy:\s*allow\(([^)]*)\)\s*(.*?)\s*(?:\*/)?$")
INCLUDE = re.compile(r'#\s*include\s*[<"]([^>"]+)[>"]')
LEFTOVER = re.compile(r"\b(FIXME|XXX|TODO|HACK)\b")
OS_HEADER = re.compile(
    r"(linux|sys|asm|arpa|net|netinet|netpacket)/|(liburing|unistd|fcntl|windows|winsock2|poll|"
    r"dirent|pthread|sched|signal|netdb|dlfcn|spawn|termios|ifaddrs)\.h$|liburing/")
ENDING = {"exit", "_exit", "_Exit", "quick_exit", "abort"}
PRINTING = {"printf", "fprintf", "vprintf", "vfprintf", "puts", "fputs", "putchar", "fputc",
            "perror", "putc"}
STREAMS = {"cout", "cerr", "clog", "wcout", "wcerr"}


def core_headers():
    """The [direct] part of the freestanding check's list: one list for both checks."""
    text = (ROOT / "tests" / "freestanding" / "allowed_headers.txt").read_text()
    direct = text.split("\n[direct]\n")[1].split("\n[")[0]
    return {line for line in direct.split("\n") if line and not line.startswith("#")}


def long_files():
    """path -> lines that it may have, for tests that cannot be split sensibly."""
    limits = {}
    for line in (HERE / "long_files.txt").read_text().splitlines():
        words = line.partition("#")[0].split()
        if words:
            limits[words[0]] = int(words[1])
    return limits


def layout_findings(path, text, limits):
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_COLUMNS:
            yield number, "line-length", f"{len(line)} columns"
        if line != line.rstrip():
            yield number, "trailing-blank", "blank at the end"
        if "\t" in line:
            yield number, "tab", "tab"
        if LEFTOVER.search(line):
            yield number, "leftover", f"left over: {LEFTOVER.search(line).group()}"
    if text and (not text.endswith("\n") or text.endswith("\n\n")):
        yield len(lines), "final-newline", "no newline, or empty lines, at the end"
    count = text.count("\n")
    limit = limits.get(path, MAX_FILE_LINES) if path.startswith("tests/") else MAX_FILE_LINES
    if count > limit:
        yield 1, "file-length", f"{count} lines, {limit} allowed"
    elif path in limits and count <= MAX_FILE_LINES:
        yield 1, "file-length", "short enough now: take it out of tests/tidy/long_files.txt"


def include_findings(path, source, direct):
    for line, directive in source.directives:
        match = INCLUDE.match(directive.strip())
        if not match:
            continue
        name = match.group(1)
        if path.startswith("include/") and OS_HEADER.match(name):
            yield line, "os-header", f"<{name}> in a public header"
        if path.startswith("include/sluice/core/") and name not in direct \
                and not name.startswith("sluice/core/"):
            yield line, "core-include", f"<{name}> in the core"
        if re.match(r"(include/sluice|src)/(fs|net)/", path) \
                and {"backend", "space"} & set(pathlib.PurePath(name).parts[:-1]):
            yield line, "handle-include", f'"{name}" in a handle'


def is_call(tokens, index):
    """Whether the name at index is called as a global or std function."""
    before = tokens[index - 1] if index else None
    if cpp_tokens.text_at(tokens, index + 1) != "(" or before is None:
        return False
    if before.text == "::":
        owner = tokens[index - 2] if index > 1 else None
        return owner is None or owner.text == "std" or owner.kind != "name" \
            or owner.text in ("return", "else", "do")
    if before.text in (".", "->", ">", "*", "&", "~"):
        return False
    return before.kind != "name" or before.text in ("return", "else", "do", "co_return")


def output_findings(path, source):
    if not path.startswith(("include/", "src/")):
        return
    tokens = source.tokens
    for index, token in enumerate(tokens):
        if token.text in ENDING and is_call(tokens, index):
            yield token.line, "library-output", f"{token.text}() in the library"
        elif token.text in PRINTING and is_call(tokens, index):
            yield token.line, "library-output", f"{token.text}() in the library"
        elif token.text in STREAMS and [t.text for t in tokens[max(index - 2, 0):index]] \
                == ["std", "::"]:
            yield token.line, "library-output", f"std::{token.text} in the library"


def function_findings(source):
    tokens = source.tokens
    depth_end = -1
    for index, token in enumerate(tokens):
        if token.text != "{" or token.role != "body" or index < depth_end:
            continue
        depth_end = token.mate          # what is nested belongs to this function
        length = tokens[token.mate].line - token.line + 1 if token.mate >= 0 else 0
        if length > MAX_FUNCTION_LINES:
            yield token.line, "function-length", f"{length} lines"


def allowances(source):
    """line -> rules excused there, and the findings about the comments themselves."""
    code_lines = {token.line for token in source.tokens} | {line for line, _ in source.directives}
    excused, findings = {}, []
    for line, comment in source.comments:
        match = ALLOW.search(comment)
        if not match:
            if re.search(r"tidy:\s*allow", comment):
                findings.append((line, "allow-reason", "write: tidy: allow(<rule>) <reason>"))
            continue
        rules = {rule.strip() for rule in match.group(1).split(",")}
        for rule in sorted(rules - set(RULES)):
            findings.append((line, "allow-reason", f"there is no rule {rule!r}"))
        if not match.group(2):
            findings.append((line, "allow-reason", "an exception needs a reason"))
            continue
        target = line if line in code_lines else line + 1
        for number in {line, target}:
            excused.setdefault(number, set()).update(rules)
    return excused, findings


def check_text(path, text, limits=None, direct=None):
    """The findings in one file: sorted (line, rule, message)."""
    source = cpp_tokens.tokenize(text)
    excused, findings = allowances(source)
    found = [
        *layout_findings(path, text, long_files() if limits is None else limits),
        *include_findings(path, source, core_headers() if direct is None else direct),
        *output_findings(path, source),
        *function_findings(source),
        *coroutine_rules.findings(source),
    ]
    findings += [f for f in found if f[1] not in excused.get(f[0], ())]
    return sorted(set(findings))


def repository_files():
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *FOLDERS],
        cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode == 0:
        names = listing.stdout.split("\0")
    else:                               # an unpacked archive
        names = [str(file.relative_to(ROOT)) for folder in FOLDERS
                 for file in (ROOT / folder).rglob("*")]
    return sorted(name for name in set(names)
                  if pathlib.PurePath(name).suffix in SUFFIXES and (ROOT / name).is_file())


def main(arguments):
    if "--rules" in arguments:
        for rule, meaning in RULES.items():
            print(f"{rule:24} {meaning}")
        return 0
    files = [str(pathlib.Path(a).resolve().relative_to(ROOT)) for a in arguments]
    files = files or repository_files()
    limits, direct = long_files(), core_headers()
    count = 0
    for name in files:
        text = (ROOT / name).read_text(encoding="utf-8", errors="replace")
        for line, rule, message in check_text(name, text, limits, direct):
            print(f"{name}:{line}: {rule}: {message}")
            count += 1
    print(f"{len(files)} files, {count} findings")
    if count:
        print("tests/tidy/tidy.py --rules explains; // tidy: allow(<rule>) <reason> excuses one")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
