"""Realms whose avatars are files: a directory for those who have no name, and one for each who has."""

from __future__ import annotations

import os
import pwd
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from zope.interface import implementer

from sennit.cred.checkers import ANONYMOUS
from sennit.cred.errors import UnauthorizedLogin
from sennit.cred.interfaces import IRealm
from sennit.ftp.interfaces import IFTPShell
from sennit.ftp.shell import FTPAnonymousShell, FTPShell

__all__ = ["BaseFTPRealm", "FTPRealm", "SystemFTPRealm"]


def _nothing() -> None:
    """Log out: there is nothing to be done."""


@implementer(IRealm)
class BaseFTPRealm(ABC):
    """Gives an `FTPAnonymousShell` to who has no name, and to others an `FTPShell` of their directory.

    Args:
        anonymousRoot: The directory for who has no name.

    Attributes:
        path_class: What a directory is made of from its path.
    """

    path_class: ClassVar[Callable[[str], Any]] = Path

    def __init__(self, anonymousRoot: Any) -> None:
        self.anonymousRoot = self._as_path(anonymousRoot)

    def _as_path(self, path: Any) -> Any:
        path = path if isinstance(path, (str, bytes, os.PathLike)) else path.path
        return type(self).path_class(os.fsdecode(path))

    @abstractmethod
    def getHomeDirectory(self, avatarId: Any) -> Any:
        """Return the directory of a user.

        Args:
            avatarId: The user's name.
        """

    def requestAvatar(self, avatarId: Any, mind: Any, *interfaces: Any) -> tuple[Any, Any, Any]:
        """Return `IFTPShell`, a user's shell, and what logs him out.

        Raises:
            NotImplementedError: If it is not an `IFTPShell` that is asked for.
        """
        for interface in interfaces:
            if interface is IFTPShell:
                if avatarId is ANONYMOUS:
                    return interface, FTPAnonymousShell(self.anonymousRoot), _nothing
                return interface, FTPShell(self.getHomeDirectory(avatarId)), _nothing
        raise NotImplementedError("A realm of FTP has an IFTPShell alone.")


class FTPRealm(BaseFTPRealm):
    """The directories of users have their names, and are all in one.

    Args:
        anonymousRoot: The directory for who has no name.
        userHome: The directory of theirs.
    """

    def __init__(self, anonymousRoot: Any, userHome: Any = "/home") -> None:
        super().__init__(anonymousRoot)
        self.userHome = self._as_path(userHome)

    def getHomeDirectory(self, avatarId: Any) -> Any:
        """Return the directory of a user.

        Raises:
            UnauthorizedLogin: If his name is none of a directory.
        """
        name = os.fsdecode(avatarId)
        if name in {"", ".", ".."} or "/" in name or "\0" in name:
            raise UnauthorizedLogin
        return self._as_path(os.path.join(os.fspath(self._as_text(self.userHome)), name))  # noqa: PTH118

    @staticmethod
    def _as_text(path: Any) -> str:
        return os.fsdecode(path if isinstance(path, os.PathLike) else path.path)


class SystemFTPRealm(BaseFTPRealm):
    """The directories of users are those that the system knows for them."""

    def getHomeDirectory(self, avatarId: Any) -> Any:
        """Return the directory of a user.

        Raises:
            UnauthorizedLogin: If the system knows none.
        """
        try:
            return self._as_path(pwd.getpwnam(os.fsdecode(avatarId)).pw_dir)
        except KeyError:
            raise UnauthorizedLogin from None
