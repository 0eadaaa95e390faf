from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sennit.twisted.python.logfile import BaseLogFile, DailyLogFile, LogFile, LogReader


@pytest.fixture(autouse=True)
def _closing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close the log files that a test made."""
    made: list[BaseLogFile] = []
    really_open = BaseLogFile._openFile

    def open_and_note(self: BaseLogFile) -> None:
        really_open(self)
        made.append(self)

    monkeypatch.setattr(BaseLogFile, "_openFile", open_and_note)
    yield
    for file in made:
        file.close()


def names(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_a_full_file_is_set_aside_before_the_next_write(tmp_path: Path) -> None:
    file = LogFile("t.log", str(tmp_path), rotateLength=10)
    file.write("0123456789")
    assert names(tmp_path) == {"t.log": "0123456789"}
    file.write("1")
    file.write(b"by")
    assert file.size == 3
    file.write("0123456789")
    file.write("x")
    assert names(tmp_path) == {"t.log": "x", "t.log.1": "1by0123456789", "t.log.2": "0123456789"}
    assert file.listLogs() == [1, 2]


def test_no_more_old_files_are_kept_than_wanted(tmp_path: Path) -> None:
    file = LogFile.fromFullPath(str(tmp_path / "q.log"), rotateLength=3, maxRotatedFiles=2)
    for number in range(6):
        file.write(f"abc{number}")
    assert names(tmp_path) == {"q.log": "abc5", "q.log.1": "abc4", "q.log.2": "abc3"}
    assert (file.name, file.directory, file.path) == ("q.log", str(tmp_path), str(tmp_path / "q.log"))


@pytest.mark.parametrize("length", [None, 0])
def test_a_file_without_limit_is_never_set_aside(tmp_path: Path, length: int | None) -> None:
    file = LogFile("t.log", str(tmp_path), rotateLength=length)
    file.write("x" * 100)
    assert not file.shouldRotate()


def test_what_is_in_the_file_counts_when_it_is_opened(tmp_path: Path) -> None:
    (tmp_path / "t.log").write_text("0123456789")
    file = LogFile("t.log", str(tmp_path), rotateLength=10)
    assert file.size == 10
    file.write("x")
    assert names(tmp_path) == {"t.log": "x", "t.log.1": "0123456789"}


def test_files_of_other_names_are_not_numbered_logs(tmp_path: Path) -> None:
    for name in ("t.log.x", "t.log.-1", "t.log.1.gz", "t.log.\u0663", "other.1", "t.log.0"):
        (tmp_path / name).write_text("")
    assert LogFile("t.log", str(tmp_path)).listLogs() == []


def test_text_is_utf8(tmp_path: Path) -> None:
    file = BaseLogFile("t.log", str(tmp_path))
    file.write("é\udc80")
    assert (tmp_path / "t.log").read_bytes() == b"\xc3\xa9\\udc80"


def test_the_mode_is_that_asked_for(tmp_path: Path) -> None:
    mask = os.umask(0o077)
    try:
        BaseLogFile("t.log", str(tmp_path), 0o644)
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "t.log").stat().st_mode) == 0o644


def test_a_closed_file_takes_nothing_until_it_is_opened_again(tmp_path: Path) -> None:
    file = LogFile("t.log", str(tmp_path))
    file.close()
    file.flush()
    assert file.closed
    with pytest.raises(ValueError, match="closed"):
        file.write("x")
    file.reopen()
    file.write("x")
    assert names(tmp_path) == {"t.log": "x"}


def test_a_file_that_was_moved_away_is_made_anew_by_reopening(tmp_path: Path) -> None:
    file = LogFile("t.log", str(tmp_path))
    file.write("old")
    (tmp_path / "t.log").rename(tmp_path / "moved")
    file.reopen()
    file.write("new")
    assert names(tmp_path) == {"t.log": "new", "moved": "old"}


def test_a_directory_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        LogFile("t.log", str(tmp_path / "no"))


def test_logs_can_be_read(tmp_path: Path) -> None:
    file = LogFile("t.log", str(tmp_path), rotateLength=4)
    file.write("a\nb\nc\n")
    file.write("d\n")
    reader = file.getLog(1)
    assert reader.readLines(2) == ["a\n", "b\n"]
    assert reader.readLines() == ["c\n"]
    assert reader.readLines() == []
    reader.close()
    current = file.getCurrentLog()
    assert isinstance(current, LogReader)
    assert current.readLines() == ["d\n"]
    current.close()
    with pytest.raises(ValueError, match="no such log file"):
        file.getLog(9)


def test_where_rotation_is_denied_writing_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = LogFile("t.log", str(tmp_path), rotateLength=1)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    file.write("a")
    file.write("b")
    assert names(tmp_path) == {"t.log": "ab"}


def test_a_subclass_may_decide_and_do(tmp_path: Path) -> None:
    class Counting(BaseLogFile):
        rotated = 0

        def shouldRotate(self) -> bool:
            return self.size >= 2

        def rotate(self) -> None:
            self.rotated += 1
            self.size = 0

    file = Counting("t.log", str(tmp_path))
    for _ in range(5):
        file.write("x")
    assert file.rotated == 2


def test_writes_from_many_threads_are_whole(tmp_path: Path) -> None:
    file = LogFile("t.log", str(tmp_path), rotateLength=200)

    def write(letter: str) -> None:
        for _ in range(50):
            file.write(letter * 9 + "\n")

    threads = [threading.Thread(target=write, args=(letter,)) for letter in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = "".join(names(tmp_path).values()).splitlines()
    assert len(lines) == 200
    assert all(len(line) == 9 and len(set(line)) == 1 for line in lines)


class Days(DailyLogFile):
    """A daily log file whose days are those of the test."""

    today = (2026, 1, 31)

    def toDate(self, *args: float) -> tuple[int, ...]:
        return DailyLogFile.toDate(self, *args) if args else self.today

    def _openFile(self) -> None:
        super()._openFile()
        self.lastDate = self.today


def test_a_day_that_is_over_is_set_aside(tmp_path: Path) -> None:
    file = Days("d.log", str(tmp_path))
    file.write("january")
    assert not file.shouldRotate()
    file.today = (2026, 2, 1)
    assert file.shouldRotate()
    file.write("february")
    assert names(tmp_path) == {"d.log": "february", "d.log.2026_1_31": "january"}
    reader = file.getLog((2026, 1, 31))
    assert reader.readLines() == ["january"]
    reader.close()
    current = file.getLog((2026, 2, 1))
    assert current.readLines() == ["february"]
    current.close()
    with pytest.raises(ValueError, match="no such log file"):
        file.getLog((2020, 1, 1))


def test_a_day_that_was_set_aside_already_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "d.log.2026_1_31").write_text("kept")
    file = Days("d.log", str(tmp_path))
    file.write("old")
    file.today = (2026, 2, 1)
    file.write("new")
    assert names(tmp_path) == {"d.log": "oldnew", "d.log.2026_1_31": "kept"}


def test_the_day_of_a_file_is_that_of_its_last_change(tmp_path: Path) -> None:
    (tmp_path / "d.log").write_text("old")
    os.utime(tmp_path / "d.log", (86400 * 2, 86400 * 2))
    file = DailyLogFile("d.log", str(tmp_path))
    day = file.lastDate
    assert day in {(1970, 1, 2), (1970, 1, 3)}
    assert file.shouldRotate()
    file.write("new")
    assert names(tmp_path) == {"d.log": "new", f"d.log.1970_1_{day[2]}": "old"}
    assert file.suffix(86400.0 * 2) == file.suffix(day) == f"1970_1_{day[2]}"
    reader = file.getLog(86400.0 * 2)
    assert reader.readLines() == ["old"]
    reader.close()


def test_the_new_file_may_be_read_by_whom_the_old_one_could(tmp_path):
    path = tmp_path / "log"
    path.touch()
    path.chmod(0o707)
    log = LogFile("log", str(tmp_path))
    log.write("abc")
    log.rotate()
    log.close()
    assert path.stat().st_mode & 0o777 == 0o707


def test_an_older_file_is_asked_for_by_a_number(tmp_path):
    log = LogFile("log", str(tmp_path))
    with pytest.raises(TypeError):
        log.getLog("1")
    log.close()


def test_a_log_file_that_is_a_device_keeps_its_permissions(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path, 0o622)
    path.chmod(0o622)
    log = LogFile.__new__(LogFile)
    log.path = str(path)
    log._file = path.open("r+b", buffering=0)
    log._permit(0o555)
    log._file.close()
    assert path.stat().st_mode & 0o777 == 0o622
