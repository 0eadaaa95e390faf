"""Version numbers that know their package and their order (PEP 440's final, rc, post and dev parts)."""

from __future__ import annotations

import functools
from typing import Any, Literal

__all__ = ["IncomparableVersions", "Version", "getVersionString"]

_END = float("inf")


class IncomparableVersions(TypeError):
    """The versions are of different packages."""


@functools.total_ordering
class Version:
    """The version of a package.

    Args:
        package: The package's name.
        major: The first number; or ``"NEXT"`` for a release without a number yet, which is above all others.
        minor: The second number.
        micro: The third number.
        release_candidate: The release candidate's number.
        prerelease: The older name of `release_candidate`.
        post: The post release's number.
        dev: The development release's number.

    Raises:
        ValueError: If `prerelease` and `release_candidate` are both given, or NEXT has any other number.
    """

    def __init__(
        self,
        package: str,
        major: Literal["NEXT"] | int,
        minor: int,
        micro: int,
        release_candidate: int | None = None,
        prerelease: int | None = None,
        post: int | None = None,
        dev: int | None = None,
    ) -> None:
        if prerelease is not None:
            if release_candidate is not None:
                raise ValueError("Give release_candidate or prerelease, not both.")
            release_candidate = prerelease
        if major == "NEXT" and (
            minor or micro or release_candidate is not None or post is not None or dev is not None
        ):
            raise ValueError("A NEXT version has no other numbers: they must all be 0 or None.")
        self.package = package
        self.major = major
        self.minor = minor
        self.micro = micro
        self.release_candidate = release_candidate
        self.post = post
        self.dev = dev

    @property
    def prerelease(self) -> int | None:
        """The release candidate's number, under its older name."""
        return self.release_candidate

    def public(self) -> str:
        """Return the version in PEP 440's form, such as ``26.10.0rc1``."""
        if self.major == "NEXT":
            return self.major
        text = f"{self.major}.{self.minor}.{self.micro}"
        if self.release_candidate is not None:
            text += f"rc{self.release_candidate}"
        if self.post is not None:
            text += f".post{self.post}"
        if self.dev is not None:
            text += f".dev{self.dev}"
        return text

    def base(self) -> str:
        """Return the same as `public`."""
        return self.public()

    def short(self) -> str:
        """Return the same as `public`."""
        return self.public()

    def local(self) -> str:
        """Return the same as `public`."""
        return self.public()

    def __repr__(self) -> str:
        parts = [repr(self.package), repr(self.major), str(self.minor), str(self.micro)]
        for name in ("release_candidate", "post", "dev"):
            value = getattr(self, name)
            if value is not None:
                parts.append(f"{name}={value}")
        return f"{type(self).__name__}({', '.join(parts)})"

    def __str__(self) -> str:
        return f"[{self.package}, version {self.public()}]"

    def _order(self) -> tuple[float, ...]:
        return (
            _END if self.major == "NEXT" else self.major,
            self.minor,
            self.micro,
            _END if self.release_candidate is None else self.release_candidate,
            -1 if self.post is None else self.post,
            _END if self.dev is None else self.dev,
        )

    def _against(self, other: Version) -> tuple[tuple[float, ...], tuple[float, ...]]:
        if self.package.lower() != other.package.lower():
            raise IncomparableVersions(f"{self.package!r} != {other.package!r}")
        return self._order(), other._order()

    def __eq__(self, other: object) -> Any:
        if not isinstance(other, Version):
            return NotImplemented
        ours, theirs = self._against(other)
        return ours == theirs

    def __lt__(self, other: object) -> Any:
        if not isinstance(other, Version):
            return NotImplemented
        ours, theirs = self._against(other)
        return ours < theirs

    __hash__ = None  # type: ignore[assignment]


def getVersionString(version: Version) -> str:
    """Return the package's name and its version, such as ``Twisted 26.10.0``."""
    return f"{version.package} {version.public()}"
