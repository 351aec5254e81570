#!/usr/bin/env python3
"""Tests of the source check: for every rule, snippets it must report and snippets it must not."""
import sys
import unittest

import tidy

LIBRARY = "src/x.cpp"
CORE = "include/sluice/core/x.hpp"
DIRECT = {"span", "coroutine"}
LIMITS = {"tests/long.cpp": 500}


def rules_in(text, path=LIBRARY):
    return {rule for _, rule, _ in tidy.check_text(path, text, LIMITS, DIRECT)}


def body(text):
    return f"task<void> f(int a, bool c) {{\n{text}\n}}\n"


def function_of(lines):
    return "int f() {\n" + "  g();\n" * (lines - 2) + "}\n"


# rule -> (path or None, text) that must be reported, and the same that must not.
BAD = {
    "await-in-condition": [
        body("if (co_await g()) { h(); }"),
        body("if (auto r = co_await g(); r) {}"),
        body("if constexpr (x) { while (a && !(co_await g())) h(); }"),
        body("for (auto x : co_await g()) {}"),
        body("for (int i = 0; i < co_await g(); ++i) {}"),
        body("switch (co_await g()) { default: break; }"),
        body("do { h(); } while (co_await g());"),
    ],
    "await-in-braces": [
        body("R r{s, co_await g()};"),
        body("v.push_back({co_await g(), s});"),
        body("auto r = R{.a = co_await g()};"),
        body("h(a, {{1, (co_await g()).x}});"),
        body("co_return {co_await g(), 1};"),
        body("auto x = ({ auto y = co_await g(); y; });"),
        "auto l = [](int a) -> task<int> { R r{co_await g()}; co_return r.a; };\n",
    ],
    "one-await": [
        body("auto x = co_await g() + co_await h();"),
        body("auto x = co_await g(co_await h());"),
        body("label: co_await g(), co_await h();"),
    ],
    "await-beside-braces": [
        body('auto x = co_await g({"a", "b"});'),
        body("auto x = co_await g(options{a});"),
        body("auto x = co_await awaiter{a};"),
        body("auto x = co_await object{}.method();"),
        body("auto x = h(options{a}, co_await g());"),
        body("if (c) co_await g(std::array{1, 2});"),
        body("co_await g<std::span<int>>({});"),
    ],
    "await-capturing-lambda": [
        body("co_await g([a] { return a; });"),
        body("co_await g(1, [&](int b) -> task<int> { co_return a + b; });"),
        body("auto x = co_await [=]() mutable { return h(a); }();"),
    ],
    "await-binding": [
        body("auto [x, y] = co_await g();"),
        body("const auto& [x, y] = co_await g();"),
        body("auto&& [x, y] = std::move(co_await g());"),
    ],
    "await-ternary": [
        body("auto x = c ? co_await g() : 0;"),
        body("auto x = h(c ? 1 : (co_await g()).value());"),
    ],
    "default-braces": [
        "task<int> f(int a, options o = {});\n",
        "auto f(options o = {}) -> sluice::task<int>;\n",
        "struct s { static task<void> f(options o = {}) { co_return; } };\n",
    ],
    "large-alignment": [
        body("alignas(64) char b[64]; co_await g(b);"),
    ],
    "file-length": [
        "int x;\n" * 401,
        ("tests/x.cpp", "int x;\n" * 401),
        ("tests/long.cpp", "int x;\n" * 501),
        ("tests/long.cpp", "int x;\n" * 400),
    ],
    "function-length": [
        function_of(71),
        "namespace a { class b : c<int> {\n" + function_of(71) + "}; }\n",
        "struct s { s() : a{1}, b(2) {\n" + "g();\n" * 70 + "} };\n",
        "template <class T> requires c<T> auto f() -> x<T> {\n" + "g();\n" * 70 + "}\n",
    ],
    "line-length": ["// " + "x" * 108 + "\n"],
    "trailing-blank": ["int x; \n", "int x;\r\n"],
    "tab": ["\tint x;\n"],
    "final-newline": ["int x;", "int x;\n\n"],
    "os-header": [
        ("include/sluice/x.hpp", "#include <sys/socket.h>\n"),
        ("include/sluice/x.hpp", "#  include <liburing.h>\n"),
        ("include/sluice/fs/x.hpp", "#include <linux/stat.h>\n"),
        ("include/sluice/x.hpp", "#include <windows.h>\n"),
    ],
    "core-include": [
        (CORE, "#include <vector>\n"),
        (CORE, "#include <sluice/loop.hpp>\n"),
        (CORE, '#include "result.hpp"\n'),
    ],
    "handle-include": [
        ("src/fs/file.cpp", '#include "backend/uring/ring.hpp"\n'),
        ("include/sluice/fs/dir.hpp", "#include <sluice/space/memory.hpp>\n"),
    ],
    "library-output": [
        body("exit(1);"),
        body("if (c) std::abort();"),
        body("return ::abort();"),
        body('std::printf("x");'),
        body('fprintf(stderr, "x");'),
        ("include/sluice/x.hpp", 'inline void f() { std::cerr << "x"; }\n'),
    ],
    "leftover": ["// TODO: later\n", "/* a\n * FIXME */\n", "// (XXX)\n", "int a;  // HACK\n"],
    "allow-reason": [
        "\tint x;  // tidy: allow(tab)\n",
        "int x;  // tidy: allow(no-such-rule) because\n",
        "int x;  // tidy: allow tab because\n",
    ],
}

GOOD = {
    "await-in-condition": [
        body("auto r = co_await g();\nif (r) { co_await h(); }"),
        body("// if (co_await g())\nh(\"if (co_await g())\");"),
        body('h(R"x(if (co_await g()) {})x");'),
        body("if (c) co_await g();\nelse co_await h();"),
        body("auto l = [] { if (x) { return 1; } return 2; };\nco_await g();"),
        "struct s { awaiter operator co_await() const; };\n",
    ],
    "await-in-braces": [
        body("{ auto r = co_await g(); }"),
        body("try { co_await g(); } catch (const e&) { h(); }"),
        body("switch (a) { case 1: { co_await g(); break; } default: { co_await h(); } }"),
        body("if (c) [[likely]] { co_await g(); }"),
        "auto f(R r) && -> task<int> { co_await g(); }\n",
        "auto f() noexcept -> decltype(auto) { co_await g(); }\n",
        "template <class T> requires c<T> task<T> f(T t) { co_await t; }\n",
        "struct s : b<int> { int a{1}; s() : b{1}, a{2} {} task<int> f() const { co_await g(); } };\n",
        "auto l = [](int a) -> task<int> { co_await g(); };\n",
        "auto l = run(loop, [](auto& a) -> task<std::expected<int, e>> { co_await g(); });\n",
        "auto l = [x]<class T>(T t) mutable { co_await g(); };\n",
        body("h([] { auto y = R{1}; return y; });"),
        "extern \"C\" { namespace a::inline b { enum class c : int { d }; task<int> f() { co_await g(); } } }\n",
    ],
    "one-await": [
        body("auto x = co_await g();\nauto y = co_await h();\nco_return x + y;"),
        body("for (auto& t : ts) co_await t;\nco_await h();"),
        body("if (c) { co_await g(); } else { co_await h(); }\nco_await i();"),
        body("while (a--) { co_await g(); co_await h(); }"),
        body("auto l = [](int b) -> task<int> { co_await g(); };\nco_await l(1);"),
        body("switch (a) { case 1: co_await g(); break; case 2: co_await h(); }"),
    ],
    "await-beside-braces": [
        body("options o{a};\nauto x = co_await g(o);"),
        body("for (int i : {1, 2}) co_await g(i);"),
        body("auto x = co_await g(std::string(\"a\"));\nco_return {x, 1};"),
        body("auto t = g({1, 2});\nco_await std::move(t);"),
    ],
    "await-capturing-lambda": [
        body("auto l = [a] { return a; };\nco_await g(l);"),
        body("co_await g([](int b) { return b; });"),
        body("int v[2];\nauto x = co_await g(v[a]);"),
        body("[[maybe_unused]] auto x = co_await g();"),
    ],
    "await-binding": [
        body("auto r = co_await g();\nauto [x, y] = h(r);"),
        body("for (auto [x, y] : m) co_await g(x);"),
    ],
    "await-ternary": [
        body("auto r = co_await g();\nauto x = r ? 1 : 2;"),
        body("auto x = (c ? 1 : 2) + co_await g();"),
        body("h(c ? 1 : 2, co_await g());"),
    ],
    "default-braces": [
        "int f(options o = {});\n",
        "task<int> f(options o = options());\n",
        body("options o = {};\nco_await g(o);"),
    ],
    "large-alignment": [
        "struct alignas(64) line { char b[64]; };\n",
        body("alignas(16) char b[64]; co_await g(b);"),
    ],
    "file-length": [
        "int x;\n" * 400,
        ("tests/long.cpp", "int x;\n" * 500),
    ],
    "function-length": [
        function_of(70),
        "namespace a {\n" + function_of(40) + function_of(40) + "}\n",
        "int table[] = {\n" + "1,\n" * 100 + "};\n",
        "class a final : public b {\n" + "int x;\n" * 100 + "};\n",
    ],
    "line-length": ["// " + "x" * 107 + "\n", "// " + "\u00e4" * 107 + "\n"],
    "trailing-blank": ["int x;\n"],
    "tab": ["  int x;\n"],
    "final-newline": ["int x;\n", ""],
    "os-header": [
        ("src/ops/file.cpp", "#include <sys/stat.h>\n"),
        ("include/sluice/x.hpp", "// #include <sys/stat.h>\n#include <system_error>\n"),
    ],
    "core-include": [
        (CORE, "#include <span>\n#include <sluice/core/result.hpp>\n#include \"sluice/core/e.hpp\"\n"),
        ("include/sluice/loop.hpp", "#include <vector>\n"),
    ],
    "handle-include": [
        ("src/fs/file.cpp", "#include <sluice/core/operation.hpp>\n#include \"fs/workspace.hpp\"\n"),
        ("src/space/memory/x.cpp", '#include "space/memory/y.hpp"\n'),
    ],
    "library-output": [
        body("scope.exit(1);\np->abort();\nstream::abort(1);\non_exit(2);"),
        body("std::snprintf(b, n, \"printf(%d) exit(1)\", 1);  // exit(1)"),
        "struct s { void abort(); int exit = 1; };\n",
        ("tools/sluice/main.cpp", "int main() { exit(1); }\n"),
    ],
    "leftover": ["char n[] = \"/tmp/XXXXXX\";  // todo list, hackney\n"],
    "allow-reason": ["\tint x;  // tidy: allow(tab) shows what the printer gets\n"],
}


class Rules(unittest.TestCase):
    def for_each(self, cases, check):
        for rule, snippets in cases.items():
            for snippet in snippets:
                path, text = snippet if isinstance(snippet, tuple) else (LIBRARY, snippet)
                with self.subTest(rule=rule, text=text[:200]):
                    check(rule, rules_in(text, path))

    def test_every_rule_has_both(self):
        self.assertEqual(set(BAD), set(tidy.RULES))
        self.assertEqual(set(GOOD), set(tidy.RULES))

    def test_bad_is_reported(self):
        self.for_each(BAD, self.assertIn)

    def test_good_is_clean(self):
        self.for_each(GOOD, lambda rule, found: self.assertEqual(set(), found, rule))


class Allowances(unittest.TestCase):
    def test_on_the_line(self):
        text = body("if (co_await g()) {}  // tidy: allow(await-in-condition) the test of the hazard")
        self.assertEqual(set(), rules_in(text))

    def test_alone_on_the_line_above(self):
        text = body("// tidy: allow(await-in-condition, one-await) the test of the hazard\n"
                    "if (co_await g()) {}")
        self.assertEqual(set(), rules_in(text))

    def test_beside_code_it_does_not_reach_the_next_line(self):
        text = "int x;  // tidy: allow(tab) only here\n\tint y;\n"
        self.assertEqual({"tab"}, rules_in(text))

    def test_another_rule_is_not_excused(self):
        self.assertEqual({"tab"}, rules_in("\tint x;  // tidy: allow(leftover) no reason at all\n"))

    def test_without_reason_it_excuses_nothing(self):
        self.assertEqual({"tab", "allow-reason"}, rules_in("\tint x;  // tidy: allow(tab)\n"))

    def test_line_numbers(self):
        text = "/* a\n b */\n#define M(x) \\\n  x\nR\"(\n)\"\n" + body("\n  if (co_await g()) {}")
        self.assertEqual([9], [line for line, _, _ in tidy.check_text(LIBRARY, text, {}, DIRECT)])


if __name__ == "__main__":
    sys.exit(unittest.main())
