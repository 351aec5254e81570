"""A small C++ tokenizer, and the shape of a file: which bracket belongs to which, and what for.

It knows comments, strings, raw strings, characters and preprocessor lines, and guesses from the
tokens around it what a brace opens. That is enough for the rules in tidy.py, which say what they
cannot see.
"""
import re
from dataclasses import dataclass, field

TOKEN = re.compile(r'''
    (?P<comment>//(?:\\\n|[^\n])*|/\*.*?\*/)
  | (?P<raw>(?:u8|u|U|L)?R"(?P<delim>[^()\s\\]{0,16})\(.*?\)(?P=delim)")
  | (?P<string>(?:u8|u|U|L)?"(?:\\.|[^"\\\n])*")
  | (?P<char>(?:u8|u|U|L)?'(?:\\.|[^'\\\n])+')
  | (?P<number>\.?\d(?:'?[\w.]|(?<=[eEpP])[+-])*)
  | (?P<name>[^\W\d]\w*)
  | (?P<punct>->\*?|::|\.\.\.|<=>|<<=|\+\+|--|&&|\|\||==|!=|<=|>=|\+=|-=|\*=|/=|%=|&=|\|=|\^=
      |[][(){};,.:?<>=+*/%&|^!~@\#\\$`-])
  | (?P<space>\s+)
''', re.VERBOSE | re.DOTALL)
DIRECTIVE = re.compile(r"[ \t]*#(?:\\\n|/\*.*?\*/|[^\n])*", re.DOTALL)
CONTROL = {"if", "for", "while", "switch", "catch"}
SCOPES = {"class", "struct", "union", "namespace", "enum"}
CLOSER = {"(": ")", "[": "]", "{": "}"}
# Words after which a brace opens a body, as in `void f() const noexcept {`.
BEFORE_BODY = {"else", "do", "try", "const", "volatile", "noexcept", "override", "final",
               "mutable", "consteval", "constexpr", "requires"}


@dataclass
class Token:
    kind: str
    text: str
    line: int
    mate: int = -1       # index of the matching bracket
    role: str = ""       # "{": scope, body or init; "[": lambda, or nothing


@dataclass
class Source:
    tokens: list = field(default_factory=list)
    comments: list = field(default_factory=list)     # (line, text)
    directives: list = field(default_factory=list)   # (line, text)


def tokenize(text):
    """Splits text into code, comments and preprocessor lines."""
    source = Source()
    position, line, fresh_line = 0, 1, True
    while position < len(text):
        match = DIRECTIVE.match(text, position) if fresh_line else None
        if match:
            source.directives.append((line, match.group()))
            comment = re.search(r"//.*", match.group())
            if comment:
                source.comments.append((line, comment.group()))
        else:
            match = TOKEN.match(text, position)
            if not match:              # a stray byte: not ours to judge
                position += 1
                continue
            kind = match.lastgroup if match.lastgroup != "delim" else "raw"
            if kind == "comment":
                source.comments.append((line, match.group()))
            elif kind in ("raw", "string"):
                source.tokens.append(Token("string", '""', line))
            elif kind != "space":
                source.tokens.append(Token(kind, match.group(), line))
        newlines = match.group().count("\n")
        if match.group().isspace():
            fresh_line = fresh_line or newlines > 0
        else:
            fresh_line = False
        line += newlines
        position = match.end()
    match_brackets(source.tokens)
    classify(source.tokens)
    return source


def match_brackets(tokens):
    stack = []
    for index, token in enumerate(tokens):
        if token.text in CLOSER and token.kind == "punct":
            stack.append(index)
        elif token.text in (")", "]", "}") and token.kind == "punct":
            # #if branches can open twice and close once; drop what does not fit.
            while stack and CLOSER[tokens[stack[-1]].text] != token.text:
                stack.pop()
            if stack:
                opener = stack.pop()
                tokens[opener].mate, token.mate = index, opener


def text_at(tokens, index):
    return tokens[index].text if 0 <= index < len(tokens) else ""


def starts_lambda(tokens, index):
    """Whether the [ at index introduces a lambda (not an index, an attribute or a binding)."""
    before = tokens[index - 1] if index > 0 else None
    if text_at(tokens, index + 1) == "[" or (before and before.text == "["
                                             and before.mate == tokens[index].mate + 1):
        return False
    if before is None:
        return False
    if before.text in (")", "]", "auto", "&&", "&", "*", ">", "operator"):
        # `auto& [a, b]` binds names; `x && [] {}` does not occur.
        return before.text == ")" and is_condition_end(tokens, index - 1)
    if before.kind in ("number", "string"):
        return False
    if before.kind == "name":
        return before.text in ("return", "co_return", "co_yield", "co_await", "else", "do", "case")
    after = tokens[index].mate
    return after >= 0 and text_at(tokens, after + 1) in ("(", "{", "<", "mutable", "->",
                                                         "noexcept", "constexpr")


def is_condition_end(tokens, index):
    opener = tokens[index].mate
    return opener > 0 and tokens[opener - 1].text in CONTROL


def head_of(tokens, index):
    """The tokens that lead to the brace at index, back to where its statement begins."""
    head = []
    position = index - 1
    while position >= 0:
        token = tokens[position]
        if token.kind == "punct" and token.text in (";", "{", "(", "["):
            break
        if token.text == "}" and tokens[token.mate].role != "init":
            break
        head.append(token)
        position = token.mate - 1 if token.text in (")", "]", "}") and token.mate >= 0 \
            else position - 1
    head.reverse()
    return without_template_head(head)


def without_template_head(head):
    """Drops `template <class T>`, whose `class` opens no scope."""
    texts = [token.text for token in head]
    while "template" in texts:
        start = texts.index("template")
        depth, end = 0, start + 1
        while end < len(texts):
            depth += {"<": 1, ">": -1}.get(texts[end], 0)
            end += 1
            if depth <= 0:
                break
        del head[start:end], texts[start:end]
    return head


def brace_role(tokens, index, enclosing):
    before = tokens[index - 1] if index > 0 else None
    if before is None:
        return "body"
    head = head_of(tokens, index)
    words = [token.text for token in head]
    in_brackets = enclosing is not None and (enclosing.text != "{" or enclosing.role == "init")
    if before.kind == "string" and "extern" in words:
        return "scope"
    if not in_brackets and SCOPES & set(words) and "=" not in words and before.text != ")" \
            and not has_trailing_return(words):
        return "scope"
    if before.text == ")":
        opener = before.mate
        is_type = text_at(tokens, opener - 1) == "decltype" and not has_trailing_return(words)
        return "init" if is_type else "body"
    if before.text == "]":
        if text_at(tokens, before.mate + 1) == "[":      # `if (x) [[likely]] {`
            return "body"
        return "body" if tokens[before.mate].role == "lambda" else "init"
    if before.text in BEFORE_BODY or has_trailing_return(words) or "requires" in words:
        return "body"
    if before.text in ("&", "&&"):
        return "body" if text_at(tokens, index - 2) in (")", "const") else "init"
    if before.text in (";", "{", "}", ":"):
        return "init" if in_brackets else "body"
    return "init"


def has_trailing_return(words):
    """`f(...) -> T` or `[] -> T`, as opposed to `object->member`."""
    for position, word in enumerate(words):
        if word == "->" and position > 0 and words[position - 1] in (
                ")", "const", "noexcept", "mutable", "&", "&&", "constexpr"):
            return not any(later in ("=", "return", "co_return", ".") for later in words[position:])
    return False


def classify(tokens):
    stack = []
    for index, token in enumerate(tokens):
        if token.kind != "punct" or token.mate < 0:
            continue
        if token.text == "[" and starts_lambda(tokens, index):
            token.role = "lambda"
        if token.text == "{":
            token.role = brace_role(tokens, index, tokens[stack[-1]] if stack else None)
        if token.text in CLOSER:
            stack.append(index)
        elif token.text in (")", "]", "}"):
            stack.pop()
