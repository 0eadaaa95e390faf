"""How files are told of."""

from __future__ import annotations

import pytest

from sennit.ftp.facts import list_line, machine_line, parsePWDResponse, quoted, timestamp
from sennit.twisted.python.filepath import Permissions

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("age", "date"),
    [
        (0, "Nov 14 22:13"),
        (-86_000, "Nov 15 22:06"),
        (180 * 86400, "May 18 22:13"),
        (200 * 86400, "Apr 28  2023"),
    ],
)
def test_a_line_of_list_has_the_time_of_what_is_new_and_the_year_of_what_is_old(age, date):
    line = list_line("a b", (5, False, 0o640, 1, NOW - age, "bob", "staff"), NOW)
    assert line.startswith("-rw-r-----   1 bob       staff ")
    assert line.endswith(f"5 {date} a b")


def test_a_directory_and_rights_of_twisteds_kind():
    assert list_line("d", (5, True, Permissions(0o755), 2, NOW, "b", "s"), NOW).startswith("drwxr-xr-x   2")
    assert "UNIX.mode=0755;" in machine_line("d", (5, True, Permissions(0o755), NOW))


def test_facts():
    values = (5, False, 0o640, 0)
    assert machine_line("a", values) == "type=file;size=5;modify=19700101000000;UNIX.mode=0640; a"
    assert machine_line("a", values, ("size",)) == "size=5; a"
    assert machine_line("a", values, ()) == " a"
    assert machine_line("a", (5, True, 0o640, 0), ("type", "size"), "cdir") == "type=cdir; a"
    assert timestamp(0.9) == "19700101000000"


def test_a_directory_is_named_in_quotes():
    assert quoted('a"b\r\n') == 'a""b??'
    assert parsePWDResponse('257 "/a b" is current') == "/a b"
    assert parsePWDResponse("257 /a") is None
    assert parsePWDResponse('257 "') is None
