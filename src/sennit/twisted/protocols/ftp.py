"""What ``twisted.protocols.ftp`` has besides `sennit.ftp`: realms whose directories are `FilePath`s."""

from __future__ import annotations

from typing import Any, ClassVar

from sennit.ftp import realm
from sennit.log import Logger
from sennit.twisted.python.filepath import FilePath

__all__ = ["BaseFTPRealm", "FTPRealm", "SystemFTPRealm", "debugDeferred"]

_log = Logger()


def debugDeferred(self: Any, *_: Any) -> None:
    """Log what a Deferred fired with: a callback for looking into programs."""
    _log.debug("A Deferred of FTP fired with {result}.", result=_)


class BaseFTPRealm(realm.BaseFTPRealm):
    """A realm of directories that a subclass knows."""

    path_class: ClassVar[Any] = FilePath

    def getHomeDirectory(self, avatarId: Any) -> Any:
        """Be overridden: return the directory of a user.

        Raises:
            NotImplementedError: If it is not overridden; a program may have such a realm for those who have
                no name alone.
        """
        raise NotImplementedError(f"{type(self).__name__} has no getHomeDirectory of its own.")


class FTPRealm(realm.FTPRealm, BaseFTPRealm):
    """The directories of users have their names, and are all in one."""


class SystemFTPRealm(realm.SystemFTPRealm, BaseFTPRealm):
    """The directories of users are those that the system knows for them."""
