"""Passwords as they are kept: strings that say by their beginning how they were hashed.

Known are Argon2 (``$argon2id$...``), bcrypt (``$2b$``, ``$2y$``), Apache's MD5 (``$apr1$``), ``{SHA}`` and
``{SSHA}``, and whatever the C library's `crypt` knows: yescrypt, SHA-512, SHA-256, MD5, DES.  These functions
block for as long as a hash is meant to take; they let go of the interpreter meanwhile, so threads run them in
parallel.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib
import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import blake2b, sha1
from secrets import token_bytes
from typing import Any, Final

from sennit.cred.comparing import same_secret

__all__ = ["SCHEMES", "decoy", "decoys", "hash_password", "is_hash", "verify_password"]

SCHEMES: Final = ("argon2", "bcrypt", "yescrypt", "sha512")

_DES: Final = re.compile(rb"[./0-9A-Za-z]{13}")
_SHA1_SIZE: Final = 20
_CRYPT_DATA_SIZE: Final = 32768
_BCRYPT_MAX: Final = 72
_SALT: Final = token_bytes(16)


def _library(module: str, what: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(f'{what} needs a library: pip install "sennit[passwords]".') from error


class _SystemCrypt:
    """The C library's `crypt_r`, which Python itself gave up in 3.13."""

    def __init__(self) -> None:
        name = ctypes.util.find_library("crypt")
        library = ctypes.CDLL(name) if name else None
        if library is None or not hasattr(library, "crypt_r"):
            raise OSError("This system has no libcrypt, which hashes such passwords.")
        self._crypt = library.crypt_r
        self._crypt.restype = ctypes.c_char_p
        self._crypt.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p)
        self._salt = getattr(library, "crypt_gensalt_rn", None)
        if self._salt is not None:
            self._salt.restype = ctypes.c_char_p
            self._salt.argtypes = (
                *(ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p, ctypes.c_int),
                *(ctypes.c_char_p, ctypes.c_int),
            )

    def hash(self, password: bytes, setting: bytes) -> bytes | None:
        """Return the hash of `password` with the scheme, cost and salt of `setting`, None if it has none."""
        if b"\0" in password:
            return None
        data = ctypes.create_string_buffer(_CRYPT_DATA_SIZE)
        hashed: bytes | None = self._crypt(password, setting, data)
        return None if hashed is None or hashed.startswith(b"*") else hashed

    def salt(self, prefix: bytes) -> bytes:
        """Return a new setting for a scheme, of the cost that the library thinks right."""
        data = ctypes.create_string_buffer(256)
        setting: bytes | None = self._salt and self._salt(prefix, 0, None, 0, data, len(data))
        if setting is None:
            raise ValueError(f"This system's libcrypt cannot make hashes that begin with {prefix!r}.")
        return setting


@cache
def _system() -> _SystemCrypt:
    return _SystemCrypt()


def is_hash(stored: bytes) -> bool:
    """Say whether this looks like a hash, rather than like the mark of an account without a password."""
    return stored[:1] in {b"$", b"{"} or _DES.fullmatch(stored) is not None


def verify_password(password: bytes, stored: bytes) -> bool:
    """Say whether a password is the one that was hashed.

    Args:
        password: The one presented.
        stored: The hash as it is kept.  An empty one, or one that begins with ``!`` or ``*``, is never right.

    Raises:
        ImportError: If the library for this kind of hash is not installed.
        OSError: Likewise of the system's libcrypt.
    """
    if stored.startswith(b"$argon2"):
        return _verify_argon2(password, stored)
    if stored.startswith((b"$2a$", b"$2b$", b"$2y$")):
        bcrypt = _library("bcrypt", "A password hashed with bcrypt")
        try:
            return bool(bcrypt.checkpw(password[:_BCRYPT_MAX], stored))
        except ValueError:
            return False
    if stored.startswith(b"$apr1$"):
        handler = _library("passlib.hash", "A password hashed with Apache's MD5").apr_md5_crypt
        try:
            return bool(handler.verify(password, stored.decode("ascii")))
        except ValueError:
            return False
    if stored.startswith((b"{SHA}", b"{SSHA}")):
        return _verify_sha1(password, stored.partition(b"}")[2])
    if stored.startswith(b"$") or _DES.fullmatch(stored):
        hashed = _system().hash(password, stored)
        return hashed is not None and same_secret(stored, hashed)
    return False


def _verify_argon2(password: bytes, stored: bytes) -> bool:
    argon2 = _library("argon2", "A password hashed with Argon2")
    try:
        return bool(argon2.PasswordHasher().verify(stored, password))
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHash):
        return False


def _verify_sha1(password: bytes, encoded: bytes) -> bool:
    try:
        decoded = b64decode(encoded, validate=True)
    except (Base64Error, ValueError):
        return False
    digest, salt = decoded[:_SHA1_SIZE], decoded[_SHA1_SIZE:]
    return same_secret(digest, sha1(password + salt).digest())  # noqa: S324 - it is what is kept


def hash_password(password: bytes, scheme: str = "argon2") -> bytes:
    """Hash a password to keep it.

    Args:
        password: It.  bcrypt looks at its first 72 bytes, so a longer one is refused for it.
        scheme: One of `SCHEMES`; the last two are the system's.

    Raises:
        ValueError: If the scheme is unknown, or the password cannot be hashed by it.
        ImportError: If the scheme's library is not installed.
    """
    if scheme == "argon2":
        argon2 = _library("argon2", "Hashing a password with Argon2")
        hashed: str = argon2.PasswordHasher().hash(password)
        return hashed.encode("ascii")
    if scheme == "bcrypt":
        if len(password) > _BCRYPT_MAX:
            raise ValueError(f"bcrypt reads {_BCRYPT_MAX} bytes of a password; this one is longer.")
        bcrypt = _library("bcrypt", "Hashing a password with bcrypt")
        crypted: bytes = bcrypt.hashpw(password, bcrypt.gensalt())
        return crypted
    prefix = {"yescrypt": b"$y$", "sha512": b"$6$"}.get(scheme)
    if prefix is None:
        raise ValueError(f"{scheme!r} is no way to hash passwords here; there are {', '.join(SCHEMES)}.")
    made = _system().hash(password, _system().salt(prefix))
    if made is None:
        raise ValueError("This password cannot be hashed: it holds a NUL.")
    return made


def decoys(hashes: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return those of some users' hashes that `decoy` can choose from."""
    return tuple(each for each in hashes if is_hash(each))


def decoy(username: bytes, among: Sequence[bytes]) -> bytes:
    """Return a hash to verify for a user who does not exist, so that it takes as long as for one who does.

    It is that of some user who does, always the same for a name: so where users' hashes are of several kinds,
    unknown names seem to be of the same kinds, as often.

    Args:
        username: The name.
        among: What `decoys` returned.
    """
    number = int.from_bytes(blake2b(username, key=_SALT, digest_size=8).digest(), "big")
    return among[number % len(among)] if among else b""
