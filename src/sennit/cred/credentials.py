"""The kinds of credentials that need no state: what was presented, and how it compares with what is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zope.interface import implementer

from sennit.cred.comparing import same_secret
from sennit.cred.interfaces import (
    IAnonymous,
    IBearerToken,
    IClientCertificate,
    IPluggableAuthenticationModules,
    ISSHPrivateKey,
    IUsernameHashedPassword,
    IUsernamePassword,
)

__all__ = [
    "Anonymous",
    "BearerToken",
    "ClientCertificate",
    "PluggableAuthenticationModules",
    "SSHPrivateKey",
    "UsernameHashedPassword",
    "UsernamePassword",
]


@implementer(IUsernamePassword)
class UsernamePassword:
    """A name and a password.

    Args:
        username: The name.
        password: The password, as it was presented.
    """

    def __init__(self, username: bytes, password: bytes) -> None:
        self.username = username
        self.password = password

    def checkPassword(self, password: bytes) -> bool:
        """Say whether `password`, the right one, is the one presented."""
        return same_secret(password, self.password)


@implementer(IUsernameHashedPassword)
class UsernameHashedPassword:
    """A name and a password that was hashed on the way, for checkers that keep it hashed the same way.

    Args:
        username: The name.
        hashed: What was presented.
    """

    def __init__(self, username: bytes, hashed: bytes) -> None:
        self.username = username
        self.hashed = hashed

    def checkPassword(self, password: bytes) -> bool:
        """Say whether `password`, as the checker keeps it, is what was presented."""
        return same_secret(password, self.hashed)


@implementer(IAnonymous)
class Anonymous:
    """Nothing."""


@implementer(ISSHPrivateKey)
class SSHPrivateKey:
    """An SSH key, with a signature that proves that its private half is there.

    Args:
        username: The name.
        algName: The algorithm's name.
        blob: The public key as on the wire.
        sigData: What was signed.
        signature: The signature, None to ask only whether the key would do.
    """

    def __init__(
        self, username: bytes, algName: bytes, blob: bytes, sigData: bytes | None, signature: bytes | None
    ) -> None:
        self.username = username
        self.algName = algName
        self.blob = blob
        self.sigData = sigData
        self.signature = signature


@implementer(IPluggableAuthenticationModules)
class PluggableAuthenticationModules:
    """A name, and a function that answers what PAM asks.

    Args:
        username: The name.
        pamConversion: Called in the reactor's thread with a list of messages and their kinds; see
            `IPluggableAuthenticationModules`.
    """

    def __init__(self, username: bytes, pamConversion: Callable[[list[tuple[bytes, int]]], Any]) -> None:
        self.username = username
        self.pamConversion = pamConversion


@implementer(IClientCertificate)
class ClientCertificate:
    """A certificate that the TLS layer has verified.

    Args:
        certificate: It, in DER.
    """

    def __init__(self, certificate: bytes) -> None:
        self.certificate = certificate


@implementer(IBearerToken)
class BearerToken:
    """A token, as it was presented.

    Args:
        token: It.
    """

    def __init__(self, token: bytes) -> None:
        self.token = token
