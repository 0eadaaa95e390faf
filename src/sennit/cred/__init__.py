"""Log-in: a portal joins a realm, which has something for each user, with checkers, which say who that is.

A protocol makes credentials of what was presented and gives them to its portal; so every protocol can share
one portal and its users, and every way of keeping users serves every protocol.
"""

from __future__ import annotations

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
