"""SSH public keys: ``authorized_keys`` files, and the signatures that prove a key (RFC 4252, section 7).

A user who does not exist costs what one without a matching key does: reading a file, and no verification.
That a key would do is said to whoever asks without a signature, since the protocol asks that way.
"""

from __future__ import annotations

import base64
import binascii
import importlib
import os
import pwd
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar, Final

from zope.interface import implementer

from sennit.core.deferred import Deferred
from sennit.cred.blocking import in_thread
from sennit.cred.comparing import as_bytes, same_secret
from sennit.cred.errors import UnauthorizedLogin, ValidPublicKey
from sennit.cred.interfaces import ICredentialsChecker, ISSHPrivateKey
from sennit.threads import ThreadPool

__all__ = ["SSHKeyChecker", "authorized_keys_of", "read_authorized_keys", "verify_signature"]

_MAX_FILE: Final = 1_000_000
# The key type in the blob, and the hash, for each signature algorithm; ssh-rsa, which is SHA-1, is not here.
_ALGORITHMS: Final = {
    b"ssh-ed25519": (b"ssh-ed25519", ""),
    b"rsa-sha2-256": (b"ssh-rsa", "SHA256"),
    b"rsa-sha2-512": (b"ssh-rsa", "SHA512"),
    b"ecdsa-sha2-nistp256": (b"ecdsa-sha2-nistp256", "SHA256"),
    b"ecdsa-sha2-nistp384": (b"ecdsa-sha2-nistp384", "SHA384"),
    b"ecdsa-sha2-nistp521": (b"ecdsa-sha2-nistp521", "SHA512"),
}
_KEY_TYPES: Final = frozenset(kind for kind, _ in _ALGORITHMS.values())


def read_authorized_keys(data: bytes) -> list[bytes]:
    """Return the public keys in the text of an ``authorized_keys`` file, as they are on the wire.

    A line that restricts its key by options is passed over: a checker has no way to hold the restrictions,
    and must not drop them.
    """
    keys = []
    for line in data.splitlines():
        fields = line.split(None, 2)
        if len(fields) >= 2 and fields[0] in _KEY_TYPES:
            try:
                keys.append(base64.b64decode(fields[1], validate=True))
            except binascii.Error:
                continue
    return keys


def authorized_keys_of(
    username: bytes,
    *,
    lookup: Callable[[str], Any] = pwd.getpwnam,
    files: Iterable[str] = (".ssh/authorized_keys", ".ssh/authorized_keys2"),
) -> list[bytes]:
    """Return the keys that one of the system's users has authorized in his home directory.

    A file that somebody else could write is passed over.

    Args:
        username: The user.
        lookup: Called with the name in text; returns an entry as `pwd.getpwnam` does.
        files: The files below his home directory.
    """
    try:
        entry = lookup(os.fsdecode(username))
        known = True
    except (KeyError, ValueError):
        # The work for one who is there, done for nothing.
        entry, known = pwd.getpwuid(os.getuid()), False
    keys: list[bytes] = []
    for name in files:
        try:
            with Path(entry.pw_dir, name).open("rb") as file:
                status = os.fstat(file.fileno())
                if status.st_uid in {0, entry.pw_uid} and not status.st_mode & 0o022:
                    keys += read_authorized_keys(file.read(_MAX_FILE))
        except OSError:
            continue
    return keys if known else []


def _strings(data: bytes) -> list[bytes]:
    """Split a sequence of SSH strings: each is its length in four bytes, and itself."""
    strings = []
    at = 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        if at + 4 > len(data) or end > len(data):
            raise ValueError("An SSH string is longer than what holds it.")
        strings.append(data[at + 4 : end])
        at = end
    return strings


def verify_signature(algorithm: bytes, blob: bytes, signed: bytes, signature: bytes) -> bool:
    """Say whether a signature was made with the private half of a key.

    Args:
        algorithm: The name of the algorithm that was agreed on.
        blob: The public key as on the wire.
        signed: What was signed.
        signature: The signature as on the wire: the algorithm's name, and the signature proper.

    Raises:
        ImportError: If cryptography is not installed.
    """
    try:
        serialization = importlib.import_module("cryptography.hazmat.primitives.serialization")
        hashes = importlib.import_module("cryptography.hazmat.primitives.hashes")
        asymmetric = importlib.import_module("cryptography.hazmat.primitives.asymmetric.utils")
        ec = importlib.import_module("cryptography.hazmat.primitives.asymmetric.ec")
        padding = importlib.import_module("cryptography.hazmat.primitives.asymmetric.padding")
        invalid = importlib.import_module("cryptography.exceptions").InvalidSignature
    except ImportError as error:
        raise ImportError('SSH keys need a library: pip install "sennit[tls]".') from error
    kind, hash_name = _ALGORITHMS.get(algorithm, (None, ""))
    try:
        if kind is None or _strings(blob)[0] != kind:
            return False
        name, proper = _strings(signature)
        if name != algorithm:
            return False
        key = serialization.load_ssh_public_key(kind + b" " + base64.b64encode(blob))
        if kind == b"ssh-ed25519":
            key.verify(proper, signed)
        elif kind == b"ssh-rsa":
            key.verify(proper, signed, padding.PKCS1v15(), getattr(hashes, hash_name)())
        else:
            r, s = (int.from_bytes(part, "big", signed=True) for part in _strings(proper))
            encoded = asymmetric.encode_dss_signature(r, s)
            key.verify(encoded, signed, ec.ECDSA(getattr(hashes, hash_name)()))
    except (invalid, ValueError, IndexError):
        return False
    return True


@implementer(ICredentialsChecker)
class SSHKeyChecker:
    """Lets in whoever proves that he has a key that his user has authorized.

    Args:
        keys_of: Called in a thread with a name; returns the keys of that user, as on the wire, and none for a
            user who does not exist.
        threadpool: Where to read and verify; the reactor's own if None.
    """

    credentialInterfaces: ClassVar[Any] = (ISSHPrivateKey,)

    def __init__(
        self,
        keys_of: Callable[[bytes], Iterable[bytes]] = authorized_keys_of,
        *,
        threadpool: ThreadPool | None = None,
    ) -> None:
        self._keys_of = keys_of
        self.threadpool = threadpool

    def requestAvatarId(self, credentials: Any) -> Deferred[Any]:
        """Check a key and its signature.

        Returns:
            A Deferred that fires with the user's name.  It fails with `ValidPublicKey` if there was no
            signature but the key would do, and with `UnauthorizedLogin` otherwise.
        """
        return in_thread(self.threadpool, self._check, credentials)

    def _check(self, credentials: Any) -> Any:
        known = False
        for key in self._keys_of(as_bytes(credentials.username)):
            known |= same_secret(key, credentials.blob)
        if known and credentials.signature is None:
            raise ValidPublicKey
        if known and verify_signature(
            credentials.algName, credentials.blob, credentials.sigData, credentials.signature
        ):
            return credentials.username
        raise UnauthorizedLogin
