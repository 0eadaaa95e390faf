"""Directories as users' files: what can be read, changed, and reached."""

from __future__ import annotations

import os
import socket

import pytest

from sennit.ftp.interfaces import IFTPShell, IReadFile, IResumableShell, IWriteFile
from sennit.ftp.refusals import (
    AnonUserDeniedError,
    FileExistsError,
    FileNotFoundError,
    FTPCmdError,
    IsADirectoryError,
    IsNotADirectoryError,
    PermissionDeniedError,
)
from sennit.ftp.shell import FTPAnonymousShell, FTPShell
from sennit.testing import AccumulatingProtocol, StringTransport
from sennit.twisted.python.filepath import FilePath


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "f").write_bytes(b"hello")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_bytes(b"secret")
    (tmp_path / "root2").mkdir()
    (tmp_path / "root2" / "secret").write_bytes(b"secret")
    return root


@pytest.fixture(
    params=[str, lambda path: path, lambda path: FilePath(str(path))], ids=["text", "Path", "FilePath"]
)
def shell(request, root):
    return FTPShell(request.param(root))


def result(deferred):
    results, failures = [], []
    deferred.addCallbacks(results.append, failures.append)
    if failures:
        failures[0].raiseException()
    return results[0]


def test_shells_provide_what_they_are_for(root):
    assert IFTPShell.providedBy(FTPAnonymousShell(root))
    assert not IResumableShell.providedBy(FTPAnonymousShell(root))
    assert IResumableShell.providedBy(FTPShell(root))
    reader, writer = (
        result(FTPShell(root).openForReading(["f"])),
        result(FTPShell(root).openForWriting(["g"])),
    )
    assert IReadFile.providedBy(reader)
    assert IWriteFile.providedBy(writer)
    reader.close()
    writer.close()


def test_files_are_told_of(shell, root):
    os.utime(root / "f", (0, 1000))
    (root / "f").chmod(0o604)
    keys = ("size", "directory", "permissions", "hardlinks", "modified", "owner", "group")
    size, directory, permissions, links, modified, owner, group = result(shell.stat(["f"], keys))
    assert (size, directory, permissions, links, modified) == (5, False, 0o604, 1, 1000)
    assert owner
    assert group
    assert result(shell.stat([], ("directory",))) == [True]
    assert result(shell.list([], ("size", "directory"))) == [
        ("f", [5, False]),
        ("sub", [(root / "sub").stat().st_size, True]),
    ]
    assert result(shell.list([])) == [("f", []), ("sub", [])]
    assert result(shell.list(["f"], ("size",))) == [("f", [5])]


def test_what_nobody_knows_of_a_file_is_an_error_of_the_program(shell):
    for asked in (shell.stat(["f"], ("colour",)), shell.list([], ("colour",))):
        with pytest.raises(AttributeError):
            result(asked)


def test_files_are_read_and_written_and_removed(shell, root):
    transport = StringTransport()
    protocol = AccumulatingProtocol()
    protocol.makeConnection(transport)
    sending = result(shell.openForReading(["f"])).send(transport)
    while transport.producer is not None:
        transport.producer.resumeProducing()
    result(sending)
    assert transport.value() == b"hello"
    writer = result(shell.openForWriting(["sub", "g"]))
    result(writer.receive()).write(b"bye")
    result(writer.close())
    assert (root / "sub" / "g").read_bytes() == b"bye"
    result(shell.rename(["sub", "g"], ["h"]))
    result(shell.removeDirectory(["sub"]))
    result(shell.removeFile(["h"]))
    result(shell.makeDirectory(["new"]))
    assert sorted(path.name for path in root.iterdir()) == ["f", "new"]


def test_a_file_is_read_and_written_once(shell):
    reader, writer = result(shell.openForReading(["f"])), result(shell.openForWriting(["g"]))
    reader._sent = True
    result(writer.receive())
    for again in (reader.send(StringTransport()), writer.receive()):
        with pytest.raises(RuntimeError):
            result(again)
    reader.close()
    result(writer.close())


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda shell: shell.openForReading(["nothing"]), FileNotFoundError),
        (lambda shell: shell.openForReading(["sub"]), IsADirectoryError),
        (lambda shell: shell.openForReading(["f", "x"]), IsNotADirectoryError),
        (lambda shell: shell.openForWriting(["sub"]), IsADirectoryError),
        (lambda shell: shell.access(["nothing"]), FileNotFoundError),
        (lambda shell: shell.access(["f"]), IsNotADirectoryError),
        (lambda shell: shell.list(["nothing"]), FileNotFoundError),
        (lambda shell: shell.stat(["nothing"]), FileNotFoundError),
        (lambda shell: shell.makeDirectory(["sub"]), FileExistsError),
        (lambda shell: shell.makeDirectory(["no", "such"]), FileNotFoundError),
        (lambda shell: shell.removeDirectory(["f"]), IsNotADirectoryError),
        (lambda shell: shell.removeDirectory([]), PermissionDeniedError),
        (lambda shell: shell.removeFile(["sub"]), IsADirectoryError),
        (lambda shell: shell.removeFile(["nothing"]), FileNotFoundError),
        (lambda shell: shell.rename(["nothing"], ["x"]), FileNotFoundError),
        (lambda shell: shell.rename([], ["x"]), PermissionDeniedError),
        (lambda shell: shell.rename(["f"], []), PermissionDeniedError),
        (lambda shell: shell.makeDirectory(["x" * 300]), FTPCmdError),
    ],
)
def test_what_the_system_refuses_is_told(shell, act, error):
    with pytest.raises(error):
        result(act(shell))


def test_a_directory_that_is_not_empty_is_not_removed(shell, root):
    (root / "sub" / "x").touch()
    with pytest.raises(FTPCmdError, match="empty"):
        result(shell.removeDirectory(["sub"]))


EVERY = [
    lambda shell, path: shell.openForReading(path),
    lambda shell, path: shell.openForWriting(path),
    lambda shell, path: shell.openForResuming(path, None),
    lambda shell, path: shell.access(path),
    lambda shell, path: shell.stat(path, ("size",)),
    lambda shell, path: shell.list(path, ("size",)),
    lambda shell, path: shell.makeDirectory([*path, "x"]),
    lambda shell, path: shell.removeDirectory([*path, "x"]),
    lambda shell, path: shell.removeFile([*path, "secret"]),
    lambda shell, path: shell.rename([*path, "secret"], ["stolen"]),
    lambda shell, path: shell.rename(["f"], [*path, "planted"]),
]


@pytest.mark.parametrize("act", EVERY)
@pytest.mark.parametrize(
    "path", [["..", "outside"], ["sub", "..", "..", "outside"], ["../outside"], ["/etc"], ["a\0b"]]
)
def test_known_traversal_no_name_leads_out_of_the_root(shell, root, act, path):
    with pytest.raises(PermissionDeniedError):
        result(act(shell, path))
    assert (root.parent / "outside" / "secret").read_bytes() == b"secret"


@pytest.mark.parametrize("act", EVERY)
@pytest.mark.parametrize("target", ["../outside", "../root2", "/", "sub/../.."])
def test_known_traversal_no_link_leads_out_of_the_root(shell, root, act, target):
    (root / "link").symlink_to(target)
    with pytest.raises((PermissionDeniedError, IsADirectoryError)):
        result(act(shell, ["link"]))
    assert (root.parent / "outside" / "secret").read_bytes() == b"secret"
    assert (root / "f").exists()


def test_known_traversal_no_link_to_a_file_outside_is_followed(shell, root):
    (root / "link").symlink_to("../outside/secret")
    for act in (shell.openForReading, shell.openForWriting, shell.stat, shell.list):
        with pytest.raises(PermissionDeniedError):
            result(act(["link"]))
    assert (root.parent / "outside" / "secret").read_bytes() == b"secret"


def test_links_outside_are_followed_where_that_is_allowed(shell, root):
    (root / "link").symlink_to("../outside")
    shell.follow_links_outside = True
    assert result(shell.list(["link"])) == [("secret", [])]


def test_a_link_is_removed_and_not_what_it_leads_to(shell, root):
    (root / "link").symlink_to("../outside/secret")
    (root / "dangling").symlink_to("nowhere")
    names = [name for name, _ in result(shell.list([], ("size",)))]
    assert names == ["dangling", "f", "link", "sub"]
    result(shell.removeFile(["link"]))
    result(shell.removeFile(["dangling"]))
    assert (root.parent / "outside" / "secret").exists()


def test_a_link_within_the_root_is_followed(shell, root):
    (root / "link").symlink_to("sub")
    (root / "sub" / "x").touch()
    assert result(shell.list(["link"])) == [("x", [])]


def test_a_root_that_is_a_link_is_a_root(root):
    (root.parent / "link").symlink_to("root")
    assert result(FTPShell(root.parent / "link").stat(["f"], ("size",))) == [5]


def test_known_device_or_pipe_is_not_opened(shell, root):
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(root / "socket"))
        for name in ("pipe", "socket"):
            for act in (shell.openForReading, shell.openForWriting):
                with pytest.raises((FTPCmdError, OSError)):
                    result(act([name]))


def test_who_has_no_name_changes_nothing(root):
    shell = FTPAnonymousShell(root)
    for refused in (
        shell.makeDirectory(["x"]),
        shell.removeDirectory(["sub"]),
        shell.removeFile(["f"]),
        shell.rename(["f"], ["g"]),
        shell.receive(["x"]),
    ):
        with pytest.raises(AnonUserDeniedError):
            result(refused)
    with pytest.raises(PermissionDeniedError):
        result(shell.openForWriting(["f"]))
    assert (root / "f").read_bytes() == b"hello"
    result(shell.access(["sub"]))
