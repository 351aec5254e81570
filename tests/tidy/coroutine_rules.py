"""The coroutine rules of tidy.py: forms that g++ 12 compiles silently into wrong programs.

A statement is looked at as a whole, without the bodies of lambdas in it, which have statements of
their own. What a tokenizer cannot know is the types: an aggregate built with parentheses passes,
and a harmless braced list is reported. The cure is the same for both: name it first.
"""
from dataclasses import dataclass, field

from cpp_tokens import CONTROL, CLOSER, text_at

RULES = {
    "await-in-condition": "no co_await in the parentheses of if, while, for or switch",
    "await-in-braces": "no co_await inside a braced initialiser",
    "one-await": "at most one co_await in a statement",
    "await-beside-braces": "no braced list in a statement that awaits: name the object first",
    "await-capturing-lambda": "no capturing lambda in a statement that awaits: name it first",
    "await-binding": "no structured binding of an awaited result",
    "await-ternary": "no co_await in a branch of ?:",
    "default-braces": "no `= {}` default argument in a function that returns a task",
    "large-alignment": "no alignas above 16 in a file with coroutines",
}
COROUTINE_WORDS = {"co_await", "co_return", "co_yield"}
# After the } of a lambda its statement goes on; after the } of a block a new one begins.
GOES_ON = {"(", ";", ",", ")", ".", "]", "}"}


@dataclass
class Statement:
    first: int = 0
    awaits: list = field(default_factory=list)
    braces: list = field(default_factory=list)
    captures: list = field(default_factory=list)
    binding: bool = False


@dataclass
class Frame:
    opener: int                  # index of the bracket; -1 for the file
    is_body: bool                # has statements of its own
    statement: Statement
    in_branch: bool = False      # a ? was seen and its expression has not ended


def is_control(tokens, opener):
    before = text_at(tokens, opener - 1)
    return before in CONTROL - {"catch"} or (before == "constexpr"
                                             and text_at(tokens, opener - 2) == "if")


class Walker:
    """Goes through the tokens once and keeps the stack of brackets that are open."""

    def __init__(self, tokens):
        self.tokens = tokens
        self.found = []
        self.frames = [Frame(-1, True, Statement())]

    def report(self, index, rule, message):
        self.found.append((self.tokens[index].line, rule, message))

    def walk(self):
        for index, token in enumerate(self.tokens):
            if token.kind == "punct" and token.mate >= 0 and token.text in CLOSER:
                self.open(index)
            elif token.kind == "punct" and token.mate >= 0 and token.text in CLOSER.values():
                self.close(index)
            elif token.text == ";" and self.frames[-1].is_body:
                self.finish(index)
            elif token.text in (";", ","):
                self.frames[-1].in_branch = False
            elif token.text == "?":
                self.frames[-1].in_branch = True
            elif token.text in ("else", "do") and self.frames[-1].is_body:
                self.finish(index)
            elif token.text == "co_await" and token.kind == "name" \
                    and text_at(self.tokens, index - 1) != "operator":
                self.awaited(index)
        return self.found

    def open(self, index):
        token = self.tokens[index]
        statement = self.frames[-1].statement
        if token.text == "{" and token.role in ("body", "scope"):
            self.frames.append(Frame(index, True, Statement(index + 1)))
            return
        if token.text == "{":
            statement.braces.append(index)
            self.check_default(index)
        elif token.role == "lambda" and token.mate > index + 1:
            statement.captures.append(index)
        elif token.text == "[":
            before = [t.text for t in self.tokens[max(index - 2, 0):index]]
            if before[-1:] == ["auto"] or (before[:1] == ["auto"] and before[1] in ("&", "&&")):
                statement.binding = True
        self.frames.append(Frame(index, False, statement))

    def close(self, index):
        frame = self.frames.pop()
        parent = self.frames[-1]
        if frame.is_body:
            self.check(frame.statement)
            if parent.is_body and text_at(self.tokens, index + 1) not in GOES_ON:
                self.finish(index)
        elif parent.is_body and is_control(self.tokens, frame.opener):
            self.finish(index)            # the head of an if or a loop; its body comes next

    def finish(self, index):
        frame = self.frames[-1]
        self.check(frame.statement)
        frame.statement = Statement(index + 1)
        frame.in_branch = False

    def awaited(self, index):
        tokens = self.tokens
        for frame in reversed(self.frames):
            if frame.in_branch:
                self.report(index, "await-ternary", "co_await in a branch of ?:")
            if frame.is_body:
                break
            opener = tokens[frame.opener]
            if opener.text == "(" and is_control(tokens, frame.opener):
                self.report(index, "await-in-condition", "co_await in a condition")
            if opener.text == "{":
                self.report(index, "await-in-braces", "co_await inside a braced initialiser")
        self.frames[-1].statement.awaits.append(index)

    def check(self, statement):
        if not statement.awaits:
            return
        for index in statement.awaits[1:]:
            self.report(index, "one-await", "second co_await in one statement")
        for index in statement.braces:
            self.report(index, "await-beside-braces", "braced list in a statement that awaits")
        for index in statement.captures:
            self.report(index, "await-capturing-lambda",
                        "capturing lambda in a statement that awaits")
        if statement.binding:
            self.report(statement.awaits[0], "await-binding",
                        "structured binding of an awaited result")

    def check_default(self, index):
        """`task<T> f(options o = {})`: the aggregate that the caller builds lives too shortly."""
        frame = self.frames[-1]
        if text_at(self.tokens, index - 1) != "=" or frame.opener < 0 \
                or self.tokens[frame.opener].text != "(":
            return
        begin, end = frame.statement.first, self.tokens[frame.opener].mate
        words = [t.text for t in self.tokens[begin:frame.opener]]
        if "->" in [t.text for t in self.tokens[end + 1:end + 3]]:
            for token in self.tokens[end + 1:]:
                if token.text in (";", "{", "="):
                    break
                words.append(token.text)
        if "task" in words:
            self.report(index, "default-braces", "braced default argument of a coroutine")


def findings(source):
    """Sorted (line, rule, message) for one tokenized file."""
    tokens = source.tokens
    found = Walker(tokens).walk()
    if any(token.text in COROUTINE_WORDS for token in tokens):
        for index, token in enumerate(tokens):
            if token.text == "alignas" and text_at(tokens, index + 3) == ")":
                value = text_at(tokens, index + 2)
                if value.isdigit() and int(value) > 16:
                    found.append((token.line, "large-alignment", f"alignas({value})"))
    return found
