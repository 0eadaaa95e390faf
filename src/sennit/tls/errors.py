"""What goes wrong in TLS, under the names that programs catch.

An error of the standard library's engine is an `ssl.SSLError`.  If the program has loaded pyOpenSSL it is an
`OpenSSL.SSL.Error` as well, with the arguments that one has, so that code written for either catches it.
"""

from __future__ import annotations

import functools
import ssl
import sys
from collections.abc import Sequence
from typing import Any

__all__ = ["TLSError", "VerificationError", "hostname_mismatch", "tls_error"]

# The certificate is for another host name, mail address or IP address (x509_vfy.h).
_NAME_MISMATCHES = frozenset({62, 63, 64})


class TLSError(ssl.SSLError):
    """The other side does not speak TLS as it must, or cannot be trusted.

    Attributes:
        library: The part of OpenSSL that complained, such as ``"SSL"``.
        reason: Its name for what is wrong, such as ``"CERTIFICATE_VERIFY_FAILED"``.
        verify_code: The number of what is wrong with the certificate; 0 if it is something else.
    """

    verify_code: int = 0

    def __str__(self) -> str:
        return str(self.__cause__ or self.args[-1])


try:
    from service_identity import VerificationError
except ImportError:

    class VerificationError(Exception):  # type: ignore[no-redef]  # stands in for an optional library's
        """The certificate is not for the host that was asked for.

        Args:
            errors: What does not match.
        """

        def __init__(self, errors: Sequence[Any]) -> None:
            super().__init__(errors)
            self.errors = errors


@functools.cache
def _for_both(openssl_error: type[Exception]) -> type[TLSError]:
    return type("TLSError", (TLSError, openssl_error), {"__module__": __name__, "__doc__": TLSError.__doc__})


def tls_error(cause: ssl.SSLError) -> TLSError:
    """Make the error that the program is told, of what the standard library raised."""
    openssl = sys.modules.get("OpenSSL.SSL")
    reason = (cause.reason or "").replace("_", " ").lower()
    library = f"{cause.library or 'SSL'} routines"
    made = TLSError if openssl is None else _for_both(openssl.Error)
    error = made([(library, "", reason)])
    error.library = cause.library
    error.reason = cause.reason
    error.verify_code = getattr(cause, "verify_code", 0)
    error.__cause__ = cause
    return error


def hostname_mismatch(error: ssl.SSLError) -> bool:
    """Tell whether the certificate was refused for its name alone."""
    return getattr(error, "verify_code", 0) in _NAME_MISMATCHES
