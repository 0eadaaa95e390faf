"""Log-in: a portal joins a realm, which has something for each user, with checkers, which say who that is.

A protocol makes credentials of what was presented and gives them to its portal; so every protocol can share
one portal and its users, and every way of keeping users serves every protocol.

Each name below is loaded when it is first asked for: who declares an interface need not wait for ciphers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sennit.lazy import loaded_when_asked

if TYPE_CHECKING:
    from sennit.cred.checkers import (
        ANONYMOUS,
        AllowAnonymousAccess,
        InMemoryUsernamePasswordDatabaseDontUse,
    )
    from sennit.cred.cram import CramMD5Credentials
    from sennit.cred.credentials import (
        Anonymous,
        BearerToken,
        ClientCertificate,
        PluggableAuthenticationModules,
        SSHPrivateKey,
        UsernameHashedPassword,
        UsernamePassword,
    )
    from sennit.cred.digest import DigestCredentialFactory, DigestedCredentials
    from sennit.cred.errors import (
        LoginDenied,
        LoginFailed,
        TooManyFailures,
        Unauthorized,
        UnauthorizedLogin,
        UnhandledCredentials,
    )
    from sennit.cred.hashed import HashedFileChecker
    from sennit.cred.interfaces import (
        IAnonymous,
        IBearerToken,
        ICheckerFactory,
        IClientCertificate,
        ICredentials,
        ICredentialsChecker,
        IPluggableAuthenticationModules,
        IRealm,
        ISSHPrivateKey,
        IUsernameDigestHash,
        IUsernameHashedPassword,
        IUsernamePassword,
    )
    from sennit.cred.limits import FailureLimiter
    from sennit.cred.passwordfile import FilePasswordDB
    from sennit.cred.portal import Portal
    from sennit.cred.source import login_from, login_source

__all__ = [
    "ANONYMOUS",
    "AllowAnonymousAccess",
    "Anonymous",
    "BearerToken",
    "ClientCertificate",
    "CramMD5Credentials",
    "DigestCredentialFactory",
    "DigestedCredentials",
    "FailureLimiter",
    "FilePasswordDB",
    "HashedFileChecker",
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
    "InMemoryUsernamePasswordDatabaseDontUse",
    "LoginDenied",
    "LoginFailed",
    "PluggableAuthenticationModules",
    "Portal",
    "SSHPrivateKey",
    "TooManyFailures",
    "Unauthorized",
    "UnauthorizedLogin",
    "UnhandledCredentials",
    "UsernameHashedPassword",
    "UsernamePassword",
    "login_from",
    "login_source",
]

_HOMES = {
    "ANONYMOUS": "sennit.cred.checkers",
    "AllowAnonymousAccess": "sennit.cred.checkers",
    "Anonymous": "sennit.cred.credentials",
    "BearerToken": "sennit.cred.credentials",
    "ClientCertificate": "sennit.cred.credentials",
    "CramMD5Credentials": "sennit.cred.cram",
    "DigestCredentialFactory": "sennit.cred.digest",
    "DigestedCredentials": "sennit.cred.digest",
    "FailureLimiter": "sennit.cred.limits",
    "FilePasswordDB": "sennit.cred.passwordfile",
    "HashedFileChecker": "sennit.cred.hashed",
    "IAnonymous": "sennit.cred.interfaces",
    "IBearerToken": "sennit.cred.interfaces",
    "ICheckerFactory": "sennit.cred.interfaces",
    "IClientCertificate": "sennit.cred.interfaces",
    "ICredentials": "sennit.cred.interfaces",
    "ICredentialsChecker": "sennit.cred.interfaces",
    "IPluggableAuthenticationModules": "sennit.cred.interfaces",
    "IRealm": "sennit.cred.interfaces",
    "ISSHPrivateKey": "sennit.cred.interfaces",
    "IUsernameDigestHash": "sennit.cred.interfaces",
    "IUsernameHashedPassword": "sennit.cred.interfaces",
    "IUsernamePassword": "sennit.cred.interfaces",
    "InMemoryUsernamePasswordDatabaseDontUse": "sennit.cred.checkers",
    "LoginDenied": "sennit.cred.errors",
    "LoginFailed": "sennit.cred.errors",
    "PluggableAuthenticationModules": "sennit.cred.credentials",
    "Portal": "sennit.cred.portal",
    "SSHPrivateKey": "sennit.cred.credentials",
    "TooManyFailures": "sennit.cred.errors",
    "Unauthorized": "sennit.cred.errors",
    "UnauthorizedLogin": "sennit.cred.errors",
    "UnhandledCredentials": "sennit.cred.errors",
    "UsernameHashedPassword": "sennit.cred.credentials",
    "UsernamePassword": "sennit.cred.credentials",
    "login_from": "sennit.cred.source",
    "login_source": "sennit.cred.source",
}

__getattr__, __dir__ = loaded_when_asked(__name__, _HOMES, __all__)
