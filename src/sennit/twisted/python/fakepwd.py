"""Databases of users in memory, with the functions of the modules pwd and spwd as their methods."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ShadowDatabase", "UserDatabase"]


class _UserRecord(NamedTuple):
    pw_name: str
    pw_passwd: str
    pw_uid: int
    pw_gid: int
    pw_gecos: str
    pw_dir: str
    pw_shell: str


class _ShadowRecord(NamedTuple):
    sp_nam: str
    sp_pwd: str
    sp_lstchg: int
    sp_min: int
    sp_max: int
    sp_warn: int
    sp_inact: int
    sp_expire: int
    sp_flag: int


class UserDatabase:
    """Users, as the module pwd knows them.

    Attributes:
        lastUID: The user id given last to one who was added without.
        lastGID: Likewise the group id.
    """

    lastUID = 10100
    lastGID = 20201

    def __init__(self) -> None:
        self._users: list[_UserRecord] = []

    def addUser(
        self,
        username: str,
        password: str = "password",  # noqa: S107 (what a fake has)
        uid: int | None = None,
        gid: int | None = None,
        gecos: str = "",
        home: str = "",
        shell: str = "/bin/sh",
    ) -> None:
        """Add a user.

        Args:
            username: The name.
            password: The password, or what stands for it.
            uid: The number; by default one that was not given yet.
            gid: The group's number; by default one that was not given yet.
            gecos: What is told about the user.
            home: The home directory.
            shell: The shell.
        """
        if uid is None:
            uid = self.lastUID = self.lastUID + 1
        if gid is None:
            gid = self.lastGID = self.lastGID + 1
        self._users.append(_UserRecord(username, password, uid, gid, gecos, home, shell))

    def getpwuid(self, uid: int) -> _UserRecord:
        """Return the user with a number.

        Raises:
            KeyError: If there is none.
        """
        for user in self._users:
            if user.pw_uid == uid:
                return user
        raise KeyError(f"there is no user with the id {uid}")

    def getpwnam(self, name: str) -> _UserRecord:
        """Return the user with a name.

        Raises:
            KeyError: If there is none.
            TypeError: If the name is no string.
        """
        if not isinstance(name, str):
            raise TypeError(f"a user's name is a string, not {type(name)}")
        for user in self._users:
            if user.pw_name == name:
                return user
        raise KeyError(f"there is no user named {name}")

    def getpwall(self) -> list[_UserRecord]:
        """Return all users."""
        return list(self._users)


class ShadowDatabase:
    """Users' passwords and their ages, as the module spwd knew them."""

    def __init__(self) -> None:
        self._users: list[_ShadowRecord] = []

    def addUser(
        self,
        username: str,
        password: str,
        lastChange: int,
        min: int,
        max: int,
        warn: int,
        inact: int,
        expire: int,
        flag: int,
    ) -> None:
        """Add a user's record; all times are in days.

        Args:
            username: The name.
            password: The password, or what stands for it.
            lastChange: When it was changed last, since the epoch.
            min: How long it must be kept.
            max: How long it may be kept.
            warn: How long before its end the user is warned.
            inact: How long after its end the account is still open.
            expire: When the account ends, since the epoch.
            flag: Reserved.
        """
        self._users.append(_ShadowRecord(username, password, lastChange, min, max, warn, inact, expire, flag))

    def getspnam(self, username: str) -> _ShadowRecord:
        """Return the record of the user with a name.

        Raises:
            KeyError: If there is none.
            TypeError: If the name is no string.
        """
        if not isinstance(username, str):
            raise TypeError(f"a user's name is a string, not {type(username)}")
        for user in self._users:
            if user.sp_nam == username:
                return user
        raise KeyError(f"there is no user named {username}")

    def getspall(self) -> list[_ShadowRecord]:
        """Return all users' records."""
        return list(self._users)
