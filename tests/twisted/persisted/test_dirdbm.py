"""A directory as a mapping."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sennit.twisted.persisted import dirdbm

KINDS = pytest.mark.parametrize("kind", [dirdbm.DirDBM, dirdbm.Shelf])


@KINDS
def test_it_is_a_mapping(tmp_path, kind):
    mapping = kind(str(tmp_path / "db"))
    mapping.update({b"abc": b"foo", b"/../x": b"\0\1"})
    mapping[b""] = b"empty"
    assert dict(mapping.items()) == {b"abc": b"foo", b"/../x": b"\0\1", b"": b"empty"}
    assert sorted(mapping) == sorted(mapping.keys()) == [b"", b"/../x", b"abc"]
    assert sorted(mapping.values()) == [b"\0\1", b"empty", b"foo"]
    assert (len(mapping), b"abc" in mapping, mapping.has_key(b"x")) == (3, True, False)
    assert (mapping.get(b"x"), mapping.get(b"x", 5), mapping.get(b"abc")) == (None, 5, b"foo")
    assert mapping.setdefault(b"abc", b"other") == b"foo"
    assert mapping.setdefault(b"new", b"other") == b"other"
    del mapping[b"new"], mapping[b""]
    mapping[b"abc"] = b"replaced"
    assert mapping[b"abc"] == b"replaced"
    mapping.close()
    assert len(kind(str(tmp_path / "db"))) == 2
    mapping.clear()
    assert list(mapping) == []


@settings(max_examples=30)
@given(st.dictionaries(st.binary(max_size=90), st.binary()))
def test_any_bytes_are_keys_and_values(tmp_path_factory, content):
    mapping = dirdbm.open(str(tmp_path_factory.mktemp("db")))
    mapping.update(content)
    assert dict(mapping.items()) == content


def test_a_shelf_keeps_what_can_be_pickled(tmp_path):
    shelf = dirdbm.Shelf(os.fsencode(tmp_path / "db"))
    shelf[b"a"] = {"x": (None, 1.5)}
    assert dirdbm.Shelf(str(tmp_path / "db"))[b"a"] == {"x": (None, 1.5)}


def test_keys_and_values_are_bytes(tmp_path):
    mapping = dirdbm.DirDBM(str(tmp_path / "db"))
    for call in (
        lambda: mapping.__setitem__("a", b"b"),
        lambda: mapping.__setitem__(b"a", "b"),
        lambda: mapping["a"],
        lambda: mapping.__delitem__(2),
        lambda: 2 in mapping,
        lambda: mapping.getModificationTime("a"),
    ):
        with pytest.raises(TypeError, match="must be bytes"):
            call()
    assert len(mapping) == 0


def test_what_is_not_there_is_a_key_error(tmp_path):
    mapping = dirdbm.DirDBM(str(tmp_path / "db"))
    for call in (
        lambda: mapping[b"a"],
        lambda: mapping.__delitem__(b"a"),
        lambda: mapping.getModificationTime(b"a"),
    ):
        with pytest.raises(KeyError, match="a"):
            call()


def test_the_time_of_a_value_is_that_of_its_file(tmp_path):
    mapping = dirdbm.DirDBM(str(tmp_path / "db"))
    mapping[b"a"] = b"b"
    (file,) = (tmp_path / "db").iterdir()
    os.utime(file, (5, 7.5))
    assert mapping.getModificationTime(b"a") == 7.5


@KINDS
def test_a_copy_has_the_same_and_nothing_else(tmp_path, kind):
    mapping, other = kind(str(tmp_path / "db")), kind(str(tmp_path / "copy"))
    mapping[b"a"] = b"1"
    other[b"old"] = b"2"
    copy = mapping.copyTo(str(tmp_path / "copy"))
    assert type(copy) is kind
    assert copy.items() == [(b"a", b"1")]
    copy.clear()
    assert mapping.items() == [(b"a", b"1")]
    with pytest.raises(ValueError, match="itself"):
        mapping.copyTo(str(tmp_path / "db"))
    assert mapping.items() == [(b"a", b"1")]


def test_what_a_crash_left_is_tidied_up(tmp_path):
    mapping = dirdbm.DirDBM(str(tmp_path))
    mapping[b"whole"] = b"correct"
    whole, lost = mapping._encode(b"whole").decode(), mapping._encode(b"lost").decode()
    (tmp_path / f"{whole}.rpl").write_bytes(b"half")
    (tmp_path / f"{lost}.rpl").write_bytes(b"saved")
    (tmp_path / "x.new").write_bytes(b"half")
    again = dirdbm.DirDBM(str(tmp_path))
    assert dict(again.items()) == {b"whole": b"correct", b"lost": b"saved"}


def test_a_value_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    mapping = dirdbm.DirDBM(str(tmp_path))
    mapping[b"a"] = b"old"

    def fail(path, data):
        path.setContent(data)
        raise OSError("full")

    monkeypatch.setattr(mapping, "_writeFile", fail)
    with pytest.raises(OSError, match="full"):
        mapping[b"a"] = b"new"
    assert mapping.items() == [(b"a", b"old")]
