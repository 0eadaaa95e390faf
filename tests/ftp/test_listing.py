"""Lists that servers send: for people, and for programs."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sennit.ftp.facts import machine_line
from sennit.ftp.listing import FTPFileListProtocol, children, parse_machine_line, parse_timestamp
from sennit.testing import StringTransport


class Reader(FTPFileListProtocol):
    def __init__(self):
        super().__init__()
        self.unknown = []

    def unknownLine(self, line):
        self.unknown.append(line)


def read(*lines, reader=None):
    reader = reader or Reader()
    reader.makeConnection(StringTransport())
    for line in lines:
        reader.dataReceived(line + b"\r\n")
    return reader


def test_a_line_of_ls_is_a_file():
    reader = read(b"-rw-r--r--   1 root     other        531 Jan 29 03:26 README")
    assert reader.files == [
        {
            "filetype": "-",
            "perms": "rw-r--r--",
            "nlinks": 1,
            "owner": "root",
            "group": "other",
            "size": 531,
            "date": "Jan 29 03:26",
            "filename": "README",
            "linktarget": None,
        }
    ]


@pytest.mark.parametrize(
    ("line", "name", "target"),
    [
        (b"lrwxrwxrwx 1 root other 7 Jan 25 00:17 bin -> usr/bin", "bin", "usr/bin"),
        (b"-rw-r--r-- 1 root other 7 Jan 25 2019 a name -with- spaces", "a name -with- spaces", None),
        (b"-rw-r--r-- 1 root other 7 Jan 25 00:17 a\\ b", "a b", None),
        (b"-rw-r--r--+ 1 root other 7 Jan 25 00:17 listed", "listed", None),
        (b"-rw-r--r-- 1 root other 7 2020-01-25 00:17 dated", "dated", None),
        ("-rw-r--r-- 1 root other 7 Jan 25 00:17 ü".encode("latin-1"), "ü", None),
    ],
)
def test_names_are_read_as_they_stand(line, name, target):
    [info] = read(line).files
    assert (info["filename"], info["linktarget"]) == (name, target)


def test_lines_of_another_form_are_handed_on():
    reader = read(b"total 5", b"", b"crw-rw-rw- 1 root root 1, 3 Jan 29 03:26 null")
    assert reader.files == []
    assert [line.rstrip() for line in reader.unknown] == [
        "total 5",
        "",
        "crw-rw-rw- 1 root root 1, 3 Jan 29 03:26 null",
    ]


def test_a_pattern_of_a_program_need_not_read_to_the_end():
    class Short(Reader):
        fileLinePattern = re.compile(r"(?P<size>\d+) (?P<nlinks>\d+) (?P<filename>\w+) (?P<linktarget>\w*)")

    [info] = read(b"12 1 name target and more", reader=Short()).files
    assert info == {"size": 12, "nlinks": 1, "filename": "name", "linktarget": "target"}


@pytest.mark.parametrize("end", [b" -> " * 4000 + b"\rx", b"1" * 16000, b" " * 16000, b"1 " * 8000])
def test_known_a_long_line_is_read_in_one_go(end):
    before = b"-rw-r--r-- 1 root other 7 Jan 25 00:17 a"
    reader = read(before + end, b"-rw-r--r-- " + end)
    assert len(reader.files) >= 1
    assert len(reader.files) + len(reader.unknown) == 2


def test_a_number_without_end_is_no_size():
    assert read(b"-rw-r--r-- 1 root other " + b"9" * 100 + b" Jan 29 03:26 a").files == []


def test_a_list_without_end_is_cut_off():
    reader = Reader()
    reader.limit = 2
    read(*[b"-rw-r--r-- 1 root other 1 Jan 29 03:26 a"] * 3, reader=reader)
    assert len(reader.files) == 2
    assert reader.transport.disconnecting


@settings(max_examples=60)
@given(st.binary(max_size=300))
def test_whatever_is_listed_is_a_file_or_another_line(line):
    reader = read(line)
    assert len(reader.files) + len(reader.unknown) == (line + b"\r\n").count(b"\n")


def test_facts_are_read_whatever_their_case():
    entry = parse_machine_line("Type=file;SIZE=12;modify=20260102030405.25;x.y=a=b; a name; with=it")
    assert (entry.name, entry.kind, entry.size) == ("a name; with=it", "file", 12)
    assert entry.modified == dt.datetime(2026, 1, 2, 3, 4, 5, 250000, tzinfo=dt.UTC)
    assert entry.facts["x.y"] == "a=b"
    assert not entry.is_directory


def test_a_file_without_facts_has_a_name():
    entry = parse_machine_line(" name")
    assert (entry.name, entry.facts, entry.size, entry.modified) == ("name", {}, None, None)


def test_the_directory_itself_and_that_above_are_not_in_it():
    lines = ["type=cdir; /a", "type=pdir; /", "type=dir; .", "type=dir; ..", "type=file; ..."]
    assert [entry.name for entry in children(map(parse_machine_line, lines))] == ["..."]


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "a/../../b", "a\0b"])
def test_known_a_name_that_leads_elsewhere_is_refused(name):
    with pytest.raises(ValueError, match="leads elsewhere"):
        children([parse_machine_line(f"type=file; {name}")])


@pytest.mark.parametrize("line", ["", "name", "type=file;", "type=file; "])
def test_a_line_without_a_name_is_refused(line):
    with pytest.raises(ValueError, match="facts"):
        parse_machine_line(line)


@pytest.mark.parametrize("text", ["", "2026", "20261301000000", "20260230000000", "2026010203040x", "+" * 14])
def test_a_time_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match=r"YYYY|must be|out of range"):
        parse_timestamp(text)


@given(
    name=st.text(st.characters(blacklist_characters="\r\n\0"), min_size=1),
    size=st.integers(0, 1 << 62),
    modified=st.integers(0, 4102444800),
)
def test_what_our_server_writes_is_read_back(name, size, modified):
    entry = parse_machine_line(machine_line(name, (size, False, 0o644, modified)))
    assert (entry.name, entry.size, entry.modified.timestamp()) == (name, size, modified)
