"""What an extension of the protocol is (RFC 5321 section 2.2), and the registry of those there are.

An extension is one small file: its keyword in the reply to EHLO, the parameters that it adds to MAIL and
RCPT, the verbs that it adds.  A server is given the extensions that it offers; one of a user's own is made
like these, registered or just handed over, and no parser knows of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TypeVar

from sennit.smtp.commands import Parameters, syntax_error

__all__ = [
    "STANDARD",
    "Extension",
    "ParameterCheck",
    "check_parameters",
    "load_extension",
    "register_extension",
]

ParameterCheck = Callable[[str | None], None]
"""Is given a parameter's value, or None if it came without, and raises RemoteProtocolError for a bad one."""


class Extension:
    """An extension, as a server offers it.

    Attributes:
        keyword: Its keyword in the reply to EHLO, in upper case.
        mail_parameters: The parameters that it adds to MAIL, each with what checks its value.
        rcpt_parameters: Likewise of RCPT.
        verbs: The verbs that it adds.
    """

    keyword: str
    mail_parameters: Mapping[str, ParameterCheck] = MappingProxyType({})
    rcpt_parameters: Mapping[str, ParameterCheck] = MappingProxyType({})
    verbs: frozenset[bytes] = frozenset()

    def advertise(self) -> str:
        """Give what is said of it in the reply to EHLO."""
        return self.keyword


STANDARD = {
    "8BITMIME": "eight_bit",
    "AUTH": "auth",
    "BINARYMIME": "binary",
    "CHUNKING": "chunking",
    "DSN": "dsn",
    "ENHANCEDSTATUSCODES": "enhanced_codes",
    "LIMITS": "limits",
    "PIPELINING": "pipelining",
    "REQUIRETLS": "require_tls",
    "SIZE": "size",
    "SMTPUTF8": "utf8",
    "STARTTLS": "starttls",
}
"""The extensions that come with Sennit: keywords, and the file of `sennit.smtp.extensions` that each is
in."""

_Kind = TypeVar("_Kind", bound=Extension)
_registered: dict[str, type[Extension]] = {}


def register_extension(kind: type[_Kind]) -> type[_Kind]:
    """Let a class be found by its keyword; used as a decorator."""
    _registered[kind.keyword] = kind
    return kind


def load_extension(keyword: str) -> type[Extension]:
    """Find an extension's class by its keyword.

    Raises:
        KeyError: If there is none of this name.
    """
    if keyword not in _registered and keyword in STANDARD:
        import_module(f"sennit.smtp.extensions.{STANDARD[keyword]}")
    return _registered[keyword]


def check_parameters(parameters: Parameters, checks: Iterable[Mapping[str, ParameterCheck]]) -> None:
    """Check the parameters of MAIL or RCPT.

    Args:
        parameters: What the client sent.
        checks: What each offered extension adds.

    Raises:
        RemoteProtocolError: If no extension knows one (555, RFC 5321 section 4.1.1.11), or finds it wrong.
    """
    known: dict[str, ParameterCheck] = {}
    for some in checks:
        known.update(some)
    for keyword, value in parameters.items():
        check = known.get(keyword)
        if check is None:
            raise syntax_error(f"The parameter {keyword} is not known here.", 555)
        check(value)
