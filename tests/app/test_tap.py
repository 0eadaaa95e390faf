"""TAP files are readable, say what the command line said, and refuse what makes no sense."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sennit.app.plugins import service_makers
from sennit.app.tap import Tap, TapError, is_tap_file, load_tap, read_options


@pytest.fixture
def makers():
    return service_makers()


def test_a_command_line_becomes_a_table_in_its_order(makers):
    words = ["-p", "8080", "--path=/srv", "--display-tracebacks", "--listen", "tcp:1", "--listen=tcp:2"]
    found = read_options(makers["web"], words)
    assert list(found.items()) == [
        ("port", "8080"),
        ("path", "/srv"),
        ("display-tracebacks", True),
        ("listen", ["tcp:1", "tcp:2"]),
    ]


def test_what_follows_the_options_is_kept(makers):
    found = read_options(makers["procmon"], ["--threshold", "3", "--", "sleep", "--help"])
    assert found == {"threshold": "3", "arguments": ["sleep", "--help"]}
    tap = Tap("procmon", "procmon", found)
    assert tap.command_line() == ["--threshold=3", "--", "sleep", "--help"]
    assert tap.parsed(makers["procmon"])["args"] == ("sleep", "--help")


def test_a_file_says_what_was_written(tmp_path):
    path = tmp_path / "x.tap"
    tap = Tap("web", "shop", {"path": "/srv/a b", "listen": ["tcp:1", "tcp:2"], "notracebacks": True}, 1, 2)
    tap.write(path)
    assert is_tap_file(path)
    assert load_tap(path) == tap
    assert 'path = "/srv/a b"' in path.read_text()


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
@settings(max_examples=60, deadline=None)
def test_any_text_survives(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("tap") / "x.tap"
    Tap("web", "web", {"path": text}).write(path)
    assert load_tap(path).options == {"path": text}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[service", "no TAP file"),
        ("[service]\nname = 'x'\n", "names the plug-in"),
        ("[service]\nplugin = 3\n", "names the plug-in"),
        ("[service]\nplugin = 'x'\ncolour = 'red'\n", "no colour"),
        ("[service]\nplugin = 'x'\nuid = 'root'\n", "uid is a number"),
        ("[service]\nplugin = 'x'\nuid = true\n", "uid is a number"),
        ("[service]\nplugin = 'x'\n[options]\na = {}\n", "option a is text"),
        ("[service]\nplugin = 'x'\n[options]\na = [1]\n", "option a is text"),
        ("[service]\nplugin = 'x'\n[options]\n'a b' = 1\n", "option a b is text"),
        ("[service]\nplugin = 'x'\n[options]\narguments = 'a'\n", "arguments is an array"),
        ("[service]\nplugin = 'x'\n[more]\n", "nothing else"),
    ],
)
def test_a_malformed_file_is_refused_with_the_reason(tmp_path, text, reason):
    path = tmp_path / "x.tap"
    path.write_text(text)
    with pytest.raises(TapError, match=reason):
        load_tap(path)


def test_a_pickle_is_no_tap_file(tmp_path):
    path = tmp_path / "x.tap"
    path.write_bytes(b"\x80\x02[service]")
    assert not is_tap_file(path)


def test_a_file_too_large_is_not_read(tmp_path):
    path = tmp_path / "x.tap"
    path.write_bytes(b"#" * (1 << 20) + b"##")
    with pytest.raises(TapError, match="larger"):
        load_tap(path)


@pytest.mark.parametrize("words", [["--colour=red"], ["--path"], ["--listen"]])
def test_an_option_that_is_none_or_lacks_its_value_is_refused(makers, words):
    with pytest.raises(TapError):
        read_options(makers["web"], words)


def test_a_plugin_that_refuses_its_options_says_why(makers):
    with pytest.raises(TapError, match="only use --processor after --path"):
        Tap("web", "web", {"processor": ".x=y"}).parsed(makers["web"])
    with pytest.raises(TapError, match="no plug-in 'lamp'"):
        Tap("lamp", "lamp").make_service(makers)


def test_a_false_flag_is_one_that_was_not_given():
    assert Tap("web", "web", {"notracebacks": False}).command_line() == []
