#!/usr/bin/env python3
"""Listings of `sluice serve http --list` in a browser: names that could be taken for something else are text, and lead
to their files."""

import json
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import harness
import webserver
from webserver import Server

RAN = "top.document.title='ran'"
NAMES = [name if isinstance(name, bytes) else name.encode() for name in (
    f"<script>{RAN}", f"<img src=x onerror={RAN}>", f"\"><svg onload={RAN}>", f"' autofocus onfocus={RAN} '",
    f"javascript:{RAN}", "<!--", "<plaintext>", "a & b", "&lt;b&gt;&amp;", "&#60;", "\"quoted\" 'twice'", "#hash",
    "what?is=this", "100%", "%41%2f", "two  spaces", " first and last ", "back\\slash", "a:b", "+;=@$,!*()[]{}|^~`",
    "Grüße, 日本語, 🦊", "\u202eturned round", "שלום (1)", "tab\there", "line\nbreak", b"\xff\xfe no UTF-8",
    "w" * 255, "a-b " * 60)]

# Reads the listing that is shown in its frame as a visitor would: what can be seen, and what is behind each link.
# Requests block, so that all is done when the page has been loaded.
VISITOR = """<!doctype html><title>none ran</title><body><iframe width=WIDTH height=700 src="/names/" onload="look(this)">
</iframe><pre></pre><script>
function ask(url) { const r = new XMLHttpRequest(); r.open('GET', url, false); r.send(); return r.responseText; }
function look(frame) {
  const page = frame.contentDocument, all = [...page.querySelectorAll('*')];
  const seen = {title: document.title, tags: [...new Set(all.map(e => e.localName))],
                handlers: all.flatMap(e => e.getAttributeNames()).filter(a => a.startsWith('on')),
                overflow: page.documentElement.scrollWidth - page.documentElement.clientWidth,
                links: [...page.querySelectorAll('td.n a')].map(a => [a.innerText, a.href, ask(a.href)])};
  document.querySelector('pre').textContent = JSON.stringify(seen).replace(/[^ -%'-;=?-~]/g,
      c => '\\\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'));
}
</script>"""


def browser():
    for name in ("chromium-headless-shell", "chromium"):
        if shutil.which(name):
            return name
    raise harness.Skip("no browser (apt-get install chromium)")


def make_site(root):
    os.makedirs(f"{root}/names/dir & <b>")
    for i, name in enumerate(NAMES):
        with open(os.fsencode(f"{root}/names/") + name, "w", encoding="ascii") as f:
            f.write(f"file {i}")
    for width in (900, 360):
        with open(f"{root}/{width}.html", "w", encoding="ascii") as f:
            f.write(VISITOR.replace("WIDTH", str(width)))


def shown_as(name):
    return re.sub("[\0-\x1f\x7f]", "\ufffd", name.decode(errors="replace"))


def load(program, scratch, *how):
    return harness.run([program, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={scratch}/profile",
                        *how])


def visit(c, program, s, scratch, width):
    got = load(program, scratch, "--dump-dom", f"http://127.0.0.1:{s.port}/{width}.html")
    told = re.search("<pre>({.*})</pre>", got.out.decode())
    if not c.check(f"{width} wide: the browser shows it", told, f"{got.rc} {got.out[-300:]} {got.err[-300:]}"):
        return
    seen = json.loads(told[1])
    c.equal(f"{width} wide: no script ran", seen["title"], "none ran")
    c.equal(f"{width} wide: nor is there one", (set(seen["tags"]) & {"script", "img", "svg", "plaintext", "b"},
                                               seen["handlers"]), (set(), []))
    c.equal(f"{width} wide: it need not be moved sideways", seen["overflow"], 0)
    behind = {text: body for text, _, body in seen["links"]}
    for i, name in enumerate(NAMES):
        text = shown_as(name)
        c.check(f"{width} wide: {harness.shown(name, 40)}", behind.get(text) == f"file {i}",
                behind.get(text, f"not among {list(behind)}"))
    c.check(f"{width} wide: a directory", "<title>dir &amp; &lt;b&gt;</title>" in behind.get("dir & <b>/", ""))
    c.equal(f"{width} wide: links", len(seen["links"]), len(NAMES) + 2)  # and to the directory above


def test(c, scratch):
    webserver.require()
    program = browser()
    root = os.path.join(scratch, "site")
    make_site(root)
    with Server(root, "--list") as s:
        for width in (900, 360):
            visit(c, program, s, scratch, width)
        if shot := os.environ.get("SLUICE_TEST_PICTURE"):
            load(program, scratch, "--window-size=900,700", f"--screenshot={os.path.abspath(shot)}",
                 f"http://127.0.0.1:{s.port}/names/")
            c.check("a picture of it", os.path.exists(shot))


if __name__ == "__main__":
    harness.main(test)
