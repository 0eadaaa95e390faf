"""Zip archives: as paths, and taken out in pieces."""

from __future__ import annotations

import os
import time
import zipfile

import pytest
from zope.interface.verify import verifyObject

from sennit.twisted.python import zipstream
from sennit.twisted.python.filepath import FilePath, IFilePath, UnlistableError
from sennit.twisted.python.zippath import ZipArchive, ZipPath

LONG = b"hello\nworld" * 1000


def pack(path, files, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 5, 6, 7, 8, 10)), content, compression)
    return str(path)


@pytest.fixture
def archive(tmp_path):
    files = {"d/f.txt": b"hello", "d/e/g": b"x" * 10, "top": b"t", "empty/": b"", "d/late": b""}
    return ZipArchive(pack(tmp_path / "a.zip", files))


def test_an_archive_is_a_directory_whether_its_directories_have_entries_or_not(archive):
    assert archive.listdir() == ["d", "top", "empty"]
    assert archive.child("d").listdir() == ["f.txt", "e", "late"]
    assert archive.child("empty").listdir() == []
    assert [path.basename() for path in archive.walk()] == [
        "", "d", "f.txt", "e", "g", "late", "top", "empty"
    ]  # fmt: skip
    for name in ("", "d", "empty"):
        path = archive.child(name) if name else archive
        assert path.isdir()
        assert path.exists()
        assert not path.isfile()


def test_a_file_is_read(archive):
    file = archive.descendant(["d", "f.txt"])
    assert (file.isfile(), file.isdir(), file.exists(), file.islink()) == (True, False, True, False)
    assert file.getContent() == b"hello"
    with file.open("rb") as opened:
        assert opened.read(2) == b"he"
    assert file.getsize() == 5
    assert file.splitext()[1] == ".txt"
    file.changed()
    with pytest.raises(ValueError, match="can be read, not opened with mode 'w'"):
        file.open("w")


def test_times_are_the_entrys_own_in_local_time(archive):
    file = archive.child("top")
    assert time.localtime(file.getModificationTime())[:6] == (2024, 5, 6, 7, 8, 10)
    assert file.getStatusChangeTime() == file.getModificationTime()
    whole = FilePath(archive.path)
    assert file.getAccessTime() == archive.getAccessTime() == whole.getAccessTime()
    assert archive.getModificationTime() == whole.getModificationTime()
    assert archive.getStatusChangeTime() == whole.getStatusChangeTime()


def test_what_is_not_there_is_not(archive):
    nothing = archive.child("d").child("nothing")
    assert not nothing.exists()
    assert not nothing.isdir()
    for ask in (nothing.getsize, nothing.getModificationTime, nothing.open):
        with pytest.raises(KeyError, match="d/nothing"):
            ask()
    with pytest.raises(UnlistableError, match="No such file"):
        nothing.listdir()
    with pytest.raises(UnlistableError, match="Not a directory"):
        archive.child("top").children()


def test_a_path_knows_where_it_is(archive):
    file = archive.child("d").child("e")
    assert file.parent() == archive.child("d")
    assert file.parent().parent() is archive is archive.parent()
    assert list(file.parents()) == [archive.child("d"), archive]
    assert file.sibling("f.txt").getContent() == b"hello"
    assert archive.sibling("top") == archive.child("top")
    assert file.segmentsFrom(archive) == ["d", "e"]
    assert file.path == os.path.join(archive.path, "d", "e")
    assert file.dirname() == os.path.join(archive.path, "d")
    assert (file.sep, file.archive, file.pathInArchive) == ("/", archive, "d/e")


def test_names_in_an_archive_mean_what_they_say(archive):
    assert archive.child("d").child("..").child("top").pathInArchive == "d/../top"
    assert not archive.child("d").child("..").exists()


def test_paths_compare_by_archive_and_name(archive):
    again = ZipArchive(archive.path)
    assert archive == again
    assert archive.child("d") == again.child("d")
    assert hash(archive.child("d")) == hash(again.child("d"))
    assert archive < archive.child("d") < archive.child("top")
    assert archive.child("d") != "d"
    with pytest.raises(TypeError):
        assert archive < 3


def test_bytes_stay_bytes(archive):
    bytes_archive = ZipArchive(os.fsencode(archive.path))
    assert bytes_archive.listdir() == [b"d", b"top", b"empty"]
    child = archive.child(b"d")
    assert child.listdir() == [b"f.txt", b"e", b"late"]
    assert child.path == os.path.join(os.fsencode(archive.path), b"d")
    assert child.sep == b"/"
    assert bytes_archive.child("d").listdir() == ["f.txt", "e", "late"]


def test_repr_is_absolute(archive, monkeypatch):
    directory, name = os.path.split(archive.path)
    monkeypatch.chdir(directory)
    relative = ZipArchive(name)
    assert repr(relative) == f"ZipArchive({archive.path!r})"
    assert repr(relative.child("d")) == f"ZipPath({archive.path + '/d'!r})"
    assert isinstance(relative.child("d"), ZipPath)


def test_both_kinds_of_path_provide_the_interface(archive):
    verifyObject(IFilePath, archive)
    verifyObject(IFilePath, archive.child("d"))


def test_no_archive_is_an_error(tmp_path):
    (tmp_path / "bad").write_text("bad")
    with pytest.raises(zipfile.BadZipFile):
        ZipArchive(str(tmp_path / "bad"))
    with pytest.raises(FileNotFoundError):
        ZipArchive(str(tmp_path / "none"))


METHODS = pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])


@METHODS
def test_a_file_in_an_archive_is_read_like_any_other(tmp_path, compression):
    path = pack(tmp_path / "a.zip", {"one": b"first\nsecond\nlast", "two": LONG}, compression)
    with zipstream.ChunkingZipFile(path) as archive, archive.readfile("one") as one:
        # Two at a time do not disturb each other.
        with archive.readfile("two") as two:
            assert one.readline() == b"first\n"
            assert two.read(5) == b"hello"
            assert (one.tell(), two.tell()) == (6, 5)
            assert iter(one) is one.xreadlines() is one
            assert one.next() == b"second\n"
            assert one.readlines() == [b"last"]
            assert one.readline() == one.read() == b""
            with pytest.raises(StopIteration):
                next(one)
            assert two.read() == LONG[5:]
        assert two.closed
        assert not one.closed
        assert not one.isatty()
    with pytest.raises(ValueError):
        one.read()


def test_an_entry_can_be_made_of_what_follows_in_the_archive(tmp_path):
    import zlib

    compressor = zlib.compressobj(wbits=-15)
    deflated = compressor.compress(b"inflated") + compressor.flush()
    path = pack(tmp_path / "a.zip", {"x": deflated})
    with zipstream.ChunkingZipFile(path) as archive:
        start = archive.getinfo("x").header_offset + 31
        archive.fp.seek(start)
        assert zipstream.ZipFileEntry(archive, 3).read() == deflated[:3]
        archive.fp.seek(start)
        assert zipstream.DeflatedZipFileEntry(archive, len(deflated)).read() == b"inflated"


def test_archives_that_cannot_be_read_say_so(tmp_path):
    path = pack(tmp_path / "a.zip", {"x": b"contents"})
    with zipstream.ChunkingZipFile(str(tmp_path / "w.zip"), "w") as writing, pytest.raises(RuntimeError):
        writing.readfile("x")
    closed = zipstream.ChunkingZipFile(path)
    closed.close()
    with pytest.raises(RuntimeError, match="closed"):
        closed.readfile("x")
    with zipstream.ChunkingZipFile(path) as archive:
        with pytest.raises(KeyError):
            archive.readfile("none")
        archive.getinfo("x").compress_type = 1234
        with pytest.raises(zipfile.BadZipFile, match="1234"):
            archive.readfile("x")


@METHODS
def test_an_archive_is_taken_out_in_pieces(tmp_path, compression):
    path = pack(tmp_path / "a.zip", {"d/f": LONG, "top": b"", "empty/": b""}, compression)
    out = tmp_path / "out"
    out.mkdir()
    steps = zipstream.unzipIterChunky(path, str(out), chunksize=4000)
    assert next(steps) == 4
    assert list(steps) == [3, 2, 1, 0]
    assert (out / "d" / "f").read_bytes() == LONG
    assert (out / "empty").is_dir()
    assert (out / "top").read_bytes() == b""


def test_files_that_are_there_stay_unless_told_otherwise(tmp_path):
    path = pack(tmp_path / "a.zip", {"f": LONG, "g": b"new"})
    (tmp_path / "f").write_text("old")
    assert list(zipstream.unzipIterChunky(path, str(tmp_path), 0, 4000)) == [1, 0]
    assert (tmp_path / "f").read_text() == "old"
    assert list(zipstream.unzipIterChunky(path, str(tmp_path), 1, 4000)) == [3, 2, 1, 0]
    assert (tmp_path / "f").read_bytes() == LONG


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "link/evil"])
def test_nothing_is_written_outside_of_the_directory(tmp_path, name):
    out = tmp_path / "out"
    out.mkdir()
    (out / "link").symlink_to(tmp_path)
    path = pack(tmp_path / "a.zip", {name: b"evil"})
    with pytest.raises(ValueError, match="leads out of"):
        list(zipstream.unzipIterChunky(path, str(out)))
    assert not (tmp_path / "evil").exists()


def test_pieces_are_counted(tmp_path):
    path = pack(tmp_path / "a.zip", {"a": b"x" * 201, "b": b"", "c": b"x" * 100})
    with zipfile.ZipFile(path) as archive:
        counts = [zipstream.countFileChunks(info, 100) for info in archive.infolist()]
    assert counts == [3, 1, 1]
    assert zipstream.countZipFileChunks(path, 100) == 5
