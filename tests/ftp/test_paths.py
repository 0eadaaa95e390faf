"""Paths as names, and what the system says of a file."""

from __future__ import annotations

import errno

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sennit.ftp.paths import errnoToFailure, refusal_of, toSegments
from sennit.ftp.refusals import FileNotFoundError, FTPCmdError, InvalidPath, PermissionDeniedError


@pytest.mark.parametrize(
    ("cwd", "path", "expected"),
    [
        ([], "", []),
        (["a"], "", ["a"]),
        (["a"], "b/c", ["a", "b", "c"]),
        (["a"], "/b", ["b"]),
        (["a", "b"], "..", ["a"]),
        (["a"], "./b//c/.", ["a", "b", "c"]),
        (["a"], "../b/../c", ["c"]),
        ([], "a\\b", ["a\\b"]),
        ([], "...", ["..."]),
    ],
)
def test_a_path_is_the_names_from_the_root(cwd, path, expected):
    assert toSegments(cwd, path) == expected


@pytest.mark.parametrize("path", ["..", "/..", "a/../..", "/a/../../etc/passwd", "b/../../..", "a\0b"])
def test_known_path_that_leads_above_the_root_is_refused(path):
    with pytest.raises(InvalidPath):
        toSegments([], path)


@given(path=st.text(alphabet="a./\\~\0", max_size=20), cwd=st.lists(st.just("d"), max_size=3))
@settings(max_examples=200, deadline=None)
def test_known_traversal_no_path_has_a_name_that_leads_up(path, cwd):
    try:
        segments = toSegments(cwd, path)
    except InvalidPath:
        return
    assert not any(name in {"", ".", ".."} or "/" in name or "\0" in name for name in segments)


def test_errors_of_the_system_are_refusals():
    assert isinstance(refusal_of(OSError(errno.ENOENT, "x"), "f"), FileNotFoundError)
    assert isinstance(refusal_of(OSError(errno.EACCES, "x"), "f"), PermissionDeniedError)
    for number in (errno.ENOTEMPTY, errno.ENAMETOOLONG, errno.ENOSPC):
        assert isinstance(refusal_of(OSError(number, "x"), "f"), FTPCmdError)
    assert refusal_of(OSError(errno.EIO, "x"), "f") is None


def test_an_errors_number_is_a_failed_deferred():
    failures = []
    errnoToFailure(errno.ENOENT, "f").addErrback(failures.append)
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        errnoToFailure(errno.EIO, "f").addErrback(failures.append)
    assert [failure.type for failure in failures] == [FileNotFoundError, ZeroDivisionError]
