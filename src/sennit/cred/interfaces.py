"""What portals, realms, checkers and credentials are to each other.

Credentials are what somebody presents, a checker says who that is, and a realm has something for him.  A
protocol makes credentials and receives an avatar; it knows neither users nor passwords.
"""

from __future__ import annotations

from typing import Any

from zope.interface import Attribute, Interface

__all__ = [
    "IAnonymous",
    "IBearerToken",
    "ICheckerFactory",
    "IClientCertificate",
    "ICredentials",
    "ICredentialsChecker",
    "IPluggableAuthenticationModules",
    "IRealm",
    "ISSHPrivateKey",
    "IUsernameDigestHash",
    "IUsernameHashedPassword",
    "IUsernamePassword",
]


class ICredentials(Interface):
    """What somebody presents to prove who he is; the interfaces derived from this say of what kind it is."""


class IUsernamePassword(ICredentials):
    """A name and the password itself."""

    username = Attribute("The name, in bytes.")
    password = Attribute("The password, in bytes.")

    def checkPassword(password: bytes) -> bool:
        """Say whether `password`, the right one, is the one presented, in constant time."""


class IUsernameHashedPassword(ICredentials):
    """A name and something that was computed from the password."""

    username = Attribute("The name, in bytes.")

    def checkPassword(password: bytes) -> bool:
        """Say whether what was presented was computed from `password`, in constant time."""


class IUsernameDigestHash(ICredentials):
    """A name and an answer to a challenge, which a digest kept in the place of a password can verify."""

    username = Attribute("The name, in bytes.")

    def checkHash(digestHash: bytes) -> bool:
        """Say whether the answer was computed from the password whose HA1 (RFC 7616, section 3.4.2) this is.

        Args:
            digestHash: The digest of ``username:realm:password``, in hexadecimal digits.
        """


class ISSHPrivateKey(ICredentials):
    """A signature that proves possession of an SSH private key, or its public key without one (RFC 4252)."""

    username = Attribute("The name, in bytes.")
    algName = Attribute("The algorithm's name, such as b'ssh-ed25519'.")
    blob = Attribute("The public key, as it is sent on the wire (RFC 4253, section 6.6).")
    sigData = Attribute("The bytes that were signed.")
    signature = Attribute("The signature; None to ask only whether this key would do.")


class IAnonymous(ICredentials):
    """Nothing: somebody who does not say who he is."""


class IPluggableAuthenticationModules(ICredentials):
    """A name, and answers to whatever PAM asks."""

    username = Attribute("The name, in bytes.")

    def pamConversion(items: list[tuple[bytes, int]]) -> Any:
        """Answer what PAM asks.

        Args:
            items: The messages and their kinds: 1 asks without echo, 2 asks with echo, 3 is an error to show,
                4 is a text to show.

        Returns:
            An answer ``(bytes, 0)`` for each message, or a Deferred or coroutine of these.
        """


class IClientCertificate(ICredentials):
    """The certificate of a client, which the TLS layer has verified already."""

    certificate = Attribute("The certificate, in DER.")


class IBearerToken(ICredentials):
    """A secret that says by itself who presents it (RFC 6750)."""

    token = Attribute("The token, in bytes.")


class ICredentialsChecker(Interface):
    """Says who it is that presents some credentials."""

    credentialInterfaces = Attribute("The interfaces of the credentials that can be checked, a sequence.")

    def requestAvatarId(credentials: Any) -> Any:
        """Check credentials that provide one of `credentialInterfaces`.

        Returns:
            The name of an avatar for the realm, usually the user's name in bytes; `ANONYMOUS` for nobody in
            particular; or a Deferred or coroutine of one.

        Raises:
            UnauthorizedLogin: If the credentials are wrong.  The same work has been done, and the same
                error is raised, for a user who does not exist.
        """


class IRealm(Interface):
    """Has the avatars: what users are given to act with."""

    def requestAvatar(avatarId: Any, mind: Any, *interfaces: Any) -> Any:
        """Give a user an avatar.

        Args:
            avatarId: What a checker returned.
            mind: Something of the user's side that the avatar may call, or None.
            *interfaces: The interfaces that the protocol can work with, the preferred one first.

        Returns:
            A tuple of the interface chosen, the avatar that provides it, and a function without arguments to
            call when the user leaves; or a Deferred or coroutine of that tuple.

        Raises:
            NotImplementedError: If none of the interfaces can be had.
        """


class ICheckerFactory(Interface):
    """Makes a kind of checker from a text on the command line."""

    authType = Attribute("The kind's name, which stands before the colon.")
    authHelp = Attribute("What the kind does, for --help-auth-type.")
    argStringFormat = Attribute("How the text after the colon is written, in a line.")
    credentialInterfaces = Attribute("The interfaces of the credentials that its checkers check.")

    def generateChecker(argstring: str) -> Any:
        """Make a checker.

        Args:
            argstring: The text after the colon, empty if there was none.

        Raises:
            InvalidAuthArgumentString: If the text is not as `argStringFormat` says.
        """
