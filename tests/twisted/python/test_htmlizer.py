"""Python programs as HTML."""

from __future__ import annotations

import html
import io
import re
import tokenize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sennit.twisted.python import htmlizer
from sennit.twisted.scripts import htmlizer as command


def as_html(source, writer=htmlizer.HTMLWriter):
    out = io.BytesIO()
    htmlizer.filter(io.BytesIO(source), out, writer)
    return out.getvalue()


def kinds(source):
    written = []
    printer = htmlizer.TokenPrinter(lambda *piece: written.append(piece))
    for token in tokenize.tokenize(io.BytesIO(source).readline):
        printer.printtoken(*token)
    return [(piece[0], piece[1]) for piece in written if len(piece) == 2 and piece[0].strip()]


def test_an_empty_program_is_its_end():
    assert as_html(b"") == b'<pre><span class="py-src-endmarker"></span></pre>\n'


def test_every_token_is_a_span_of_its_kind():
    assert as_html(b"foo = 1\n") == (
        b'<pre><span class="py-src-variable">foo</span> <span class="py-src-op">=</span> '
        b'<span class="py-src-number">1</span><span class="py-src-newline">\n'
        b'</span><span class="py-src-endmarker"></span></pre>\n'
    )


def test_the_smaller_writer_leaves_space_and_operators_bare():
    assert as_html(b"if x:\n  y('<&>')\n", htmlizer.SmallerHTMLWriter) == (
        b'<pre><span class="py-src-variable">if</span> <span class="py-src-variable">x</span>:\n'
        b'  <span class="py-src-variable">y</span>'
        b'(<span class="py-src-string">&#x27;&lt;&amp;&gt;&#x27;</span>)\n'
        b"</pre>\n"
    )


def test_what_is_defined_and_its_parameters_are_told_from_names_in_use():
    assert kinds(b"def f(a, b=1) -> c: d\n") == [
        (b"def", "variable"),
        (b"f", "identifier"),
        (b"(", "op"),
        (b"a", "parameter"),
        (b",", "op"),
        (b"b", "parameter"),
        (b"=", "op"),
        (b"1", "number"),
        (b")", "op"),
        (b"->", "op"),
        (b"c", "parameter"),
        (b":", "op"),
        (b"d", "variable"),
    ]
    assert (b"A", "identifier") in kinds(b"class A: pass\n")


def test_lines_that_go_on_keep_their_break():
    assert b"1\n   +" in re.sub(rb"<[^>]*>", b"", as_html(b"x = 1 \\\n   + 2\n", htmlizer.SmallerHTMLWriter))


def test_the_source_keeps_its_encoding():
    assert b'"\xe9"'.replace(b'"', b"&quot;") in as_html(b'# -*- coding: latin-1 -*-\nx = "\xe9"\n')
    assert '"é"'.replace('"', "&quot;").encode() in as_html('x = "é"\n'.encode())


@given(st.lists(st.sampled_from(["x", "1", "'<s>'", "+", "f(a, b)", "# é & ü"]), min_size=1))
def test_without_its_tags_the_page_is_the_program(words):
    source = "\n".join(words) + "\n"
    page = as_html(source.encode()).decode()
    assert html.unescape(re.sub("<[^>]*>", "", page)) == source + "\n"  # the page ends its own last line


def test_the_module_writes_the_program_that_the_command_line_names(tmp_path, monkeypatch, capsysbinary):
    (tmp_path / "a.py").write_bytes(b"")
    monkeypatch.setattr("sys.argv", ["htmlizer", str(tmp_path / "a.py")])
    htmlizer.main()
    assert capsysbinary.readouterr().out == as_html(b"")


def test_the_command_writes_a_page_beside_the_program(tmp_path, monkeypatch):
    (tmp_path / "a&b.py").write_text("x = 1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["pyhtmlizer", "--stylesheet", "style.css", "a&b.py"])
    command.run()
    page = (tmp_path / "a&b.py.html").read_text()
    assert page.startswith("<html><head>\n<title>a&amp;b.py</title>\n")
    assert '<link rel="stylesheet" href="style.css" type="text/css" />' in page
    assert '<link rel="alternate" href="a&amp;b.py" type="text/x-python" />' in page
    assert page.endswith("</pre>\n</body>")
    assert '<span class="py-src-variable">x</span> = <span class="py-src-number">1</span>' in page


def test_the_command_refuses_a_line_that_makes_no_sense(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["pyhtmlizer"])
    with pytest.raises(SystemExit) as left:
        command.run()
    assert left.value.code == 1
    assert capsys.readouterr().out == "Wrong number of arguments.\n"
