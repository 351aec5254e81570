#!/usr/bin/env python3
"""What a server of files knows of HTTP, beside Python's standard library: dates, quoting, paths, types,
ranges as http.client and email read them, and listings as an HTML parser does.
Usage: oracle_test.py <the program answers>"""
import datetime
import email
import email.utils
import html
import html.parser
import http.client
import io
import mimetypes
import posixpath
import random
import subprocess
import sys
import unittest
import urllib.parse

NOW = 1_795_271_111
PROGRAM = sys.argv.pop(1)


def as_bytes(argument):
    return argument if isinstance(argument, bytes) else str(argument).encode()


def ask(questions):
    """The answers to [(question, argument, ...)], as bytes."""
    lines = [" ".join([q[0]] + ["x" + as_bytes(a).hex() for a in q[1:]]) for q in questions]
    run = subprocess.run([PROGRAM], input="\n".join(lines) + "\n", text=True, capture_output=True,
                         timeout=120, check=True)
    answers = [bytes.fromhex(line) for line in run.stdout.split("\n")[:-1]]
    assert len(answers) == len(questions)
    return answers


class Links(html.parser.HTMLParser):
    """The links of a page: [(target, text)]."""

    def __init__(self, page):
        super().__init__()
        self.links = []
        self.inside = False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.inside = tag == "a"
        if self.inside:
            self.links.append([dict(attributes)["href"], ""])

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.links[-1][1] += data


class OneAnswer(io.BytesIO):
    """What http.client reads a response from."""

    def makefile(self, *_):
        return self


class BesidePython(unittest.TestCase):
    def setUp(self):
        self.lot = random.Random(11)

    def texts(self, count, alphabet):
        return [bytes(self.lot.choices(alphabet, k=self.lot.randrange(1, 40))) for _ in range(count)]

    def test_dates(self):
        seconds = [self.lot.randrange(0, 4_000_000_000) for _ in range(3000)]
        written = ask([("write_date", s) for s in seconds])
        self.assertEqual(written, [email.utils.formatdate(s, usegmt=True).encode() for s in seconds])
        read = ask([("read_date", w, NOW) for w in written])
        for text, got in zip(written, read):
            wanted = email.utils.parsedate_to_datetime(text.decode()).timestamp()
            self.assertEqual(int(got), wanted)

    def test_old_dates(self):
        for form in ("%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"):
            whole = [self.lot.randrange(300_000_000, 3_000_000_000) for _ in range(1000)]
            times = [datetime.datetime.fromtimestamp(s, datetime.timezone.utc) for s in whole]
            read = ask([("read_date", t.strftime(form), NOW) for t in times])
            self.assertEqual([int(r) for r in read], whole)

    def test_quoting(self):
        names = self.texts(2000, [b for b in range(1, 256)])
        self.assertEqual(ask([("quote", n) for n in names]),
                         [urllib.parse.quote(n, safe="/~").encode() for n in names])

    def test_html(self):
        names = self.texts(1000, range(32, 127))
        wanted = [html.escape(n.decode()).replace("&#x27;", "&#39;").encode() for n in names]
        self.assertEqual(ask([("html", n) for n in names]), wanted)

    def test_paths(self):
        pieces = ["/", "/", "a", ".", "..", "%2e", "%41", "b.", "%C3%A9", "%25", "+", "~"]
        targets = ["/" + "".join(self.lot.choices(pieces, k=self.lot.randrange(9))) for _ in range(5000)]
        for target, got in zip(targets, ask([("path", t) for t in targets])):
            decoded = urllib.parse.unquote_to_bytes(target)
            # normpath stays at the root where we refuse to go above it.
            depth = lowest = 0
            for name in decoded.split(b"/"):
                depth += {b"": 0, b".": 0, b"..": -1}.get(name, 1)
                lowest = min(lowest, depth)
            if lowest < 0:
                self.assertEqual(got, b"400", target)
                continue
            wanted = posixpath.normpath(b"/" + decoded).lstrip(b"/") or b"."
            directory = decoded.split(b"/")[-1] in (b"", b".", b"..")
            self.assertEqual(got, (b"d" if directory else b"f") + wanted, target)

    def test_types(self):
        table = "/etc/mime.types"
        try:
            with open(table, encoding="utf-8") as file:
                text = file.read()
        except FileNotFoundError:
            self.skipTest(f"{table} is missing (Debian: media-types)")
        database = mimetypes.MimeTypes()
        database.types_map[True].clear()
        database.read(table)
        known = database.types_map[True]
        self.assertGreater(len(known), 500)
        endings = self.lot.sample([e for e in known if len(e) < 20 and e == e.lower()], k=80)
        for ending, got in zip(endings, ask([("type", "a" + e, text) for e in endings])):
            self.assertEqual(got.decode().removesuffix("; charset=utf-8"), known[ending])

    def test_ranges(self):
        content = bytes(self.lot.choices(range(97, 123), k=5000))
        for _ in range(60):
            starts = self.lot.sample(range(0, 4800, 120), k=self.lot.randrange(1, 10))
            wanted = [content[s:s + 50] for s in starts]
            value = "bytes=" + ",".join(f"{s}-{s + 49}" for s in starts)
            [answer] = ask([("ranges", value, content)])
            response = http.client.HTTPResponse(OneAnswer(answer))
            response.begin()
            self.assertEqual(response.status, 206)
            body = response.read()
            self.assertEqual(len(body), int(response.headers["Content-Length"]))
            self.assertTrue(answer.endswith(body))
            self.assertEqual(self.parts(response.headers, body), list(zip(starts, wanted)), value)

    def parts(self, headers, body):
        """[(first byte, bytes)], by email's reading."""
        whole = f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode() + body
        message = email.message_from_bytes(whole)
        parts = message.get_payload() if message.is_multipart() else [message]
        ranges = [p["Content-Range"] for p in parts] if message.is_multipart() else [headers["Content-Range"]]
        found = []
        for part, told in zip(parts, ranges):
            payload = part.get_payload(decode=True)
            first, last = told.removeprefix("bytes ").split("/")[0].split("-")
            self.assertEqual(int(last) - int(first) + 1, len(payload))
            self.assertEqual(told.split("/")[1], "5000")
            found.append((int(first), payload))
        return found

    def test_listings(self):
        names = [n.decode() for n in self.texts(500, range(33, 127)) if b"/" not in n]
        names += ["é", "a b", "javascript:alert(1)", "<script>", "&amp;", "%41", "?", "#", "\"'"]
        [page] = ask([("listing", "x/<y>", *names)])
        links = Links(page.decode()).links
        entries = [link for link in links if not link[0].startswith(("../", "?"))]
        self.assertEqual(len(entries), len(names))
        for (target, text), name in zip(entries, names):
            self.assertEqual(text.removesuffix("/") if target.endswith("/") else text, name)
            joined = urllib.parse.urljoin("http://host/x/", target)
            parsed = urllib.parse.urlparse(joined)
            self.assertEqual((parsed.netloc, parsed.query, parsed.fragment), ("host", "", ""))
            self.assertEqual(urllib.parse.unquote(parsed.path).removesuffix("/"), "/x/" + name)


if __name__ == "__main__":
    unittest.main(verbosity=1)
