"""Whose directory is whose."""

from __future__ import annotations

import os
import pwd

import pytest

from sennit.cred.checkers import ANONYMOUS
from sennit.cred.errors import UnauthorizedLogin
from sennit.ftp.interfaces import IFTPShell
from sennit.ftp.realm import BaseFTPRealm, FTPRealm, SystemFTPRealm
from sennit.ftp.shell import FTPAnonymousShell, FTPShell
from sennit.twisted.protocols import ftp


def test_who_has_no_name_reads_and_who_has_one_has_his_own(tmp_path):
    realm = FTPRealm(tmp_path / "public", tmp_path / "users")
    interface, shell, leave = realm.requestAvatar(ANONYMOUS, None, IFTPShell)
    assert (interface, type(shell), shell.filesystemRoot) == (
        IFTPShell,
        FTPAnonymousShell,
        tmp_path / "public",
    )
    leave()
    for name in (b"bob", "bob"):
        _, shell, leave = realm.requestAvatar(name, None, IFTPShell)
        assert (type(shell), shell.filesystemRoot) == (FTPShell, tmp_path / "users" / "bob")
        leave()


@pytest.mark.parametrize("name", ["", ".", "..", "../eve", "a/b", "/etc", "a\0b", b"..", b"\xff/x"])
def test_known_name_that_leads_elsewhere_has_no_directory(tmp_path, name):
    with pytest.raises(UnauthorizedLogin):
        FTPRealm(tmp_path, tmp_path).requestAvatar(name, None, IFTPShell)


def test_users_of_the_system_have_their_own(tmp_path):
    user = pwd.getpwuid(os.getuid())
    assert str(SystemFTPRealm(tmp_path).getHomeDirectory(user.pw_name)) == user.pw_dir
    with pytest.raises(UnauthorizedLogin):
        SystemFTPRealm(tmp_path).getHomeDirectory("no such user")


def test_a_realm_has_shells_alone(tmp_path):
    with pytest.raises(NotImplementedError):
        FTPRealm(tmp_path).requestAvatar("bob", None, object)


def test_a_realm_says_where_users_have_their_own(tmp_path):
    with pytest.raises(TypeError, match="getHomeDirectory"):
        BaseFTPRealm(tmp_path)

    class Same(BaseFTPRealm):
        def getHomeDirectory(self, avatarId):
            return tmp_path / "same"

    assert Same(tmp_path).requestAvatar("bob", None, IFTPShell)[1].filesystemRoot == tmp_path / "same"


def test_under_twisteds_name_directories_are_file_paths(tmp_path):
    realm = ftp.FTPRealm(str(tmp_path), str(tmp_path / "users"))
    assert realm.anonymousRoot == ftp.FilePath(str(tmp_path))
    assert realm.getHomeDirectory("bob") == ftp.FilePath(str(tmp_path / "users" / "bob"))
    assert issubclass(ftp.SystemFTPRealm, ftp.BaseFTPRealm)
    with pytest.raises(NotImplementedError):
        ftp.BaseFTPRealm(str(tmp_path)).getHomeDirectory("bob")
