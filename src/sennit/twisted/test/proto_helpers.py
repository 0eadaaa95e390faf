"""The older home of what `sennit.testing` has: each name warns of that when it is asked for."""

from __future__ import annotations

import warnings
from typing import Any

from sennit import testing

__all__ = testing.__all__


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    value = getattr(testing, name)
    warnings.warn(
        f"twisted.test.proto_helpers.{name} is deprecated since Twisted 19.7: "
        f"import twisted.internet.testing.{name} instead.",
        DeprecationWarning,
        stacklevel=2,
    )
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
