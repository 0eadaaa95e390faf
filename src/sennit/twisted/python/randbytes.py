"""Random bytes, always from the system's secure source."""

from __future__ import annotations

import secrets

__all__ = ["RandomFactory", "SecureRandomNotAvailable", "insecureRandom", "secureRandom"]


class SecureRandomNotAvailable(RuntimeError):
    """There is no secure source; on the platforms of today there always is."""


class RandomFactory:
    """Makes random bytes."""

    def secureRandom(self, nbytes: int, fallback: bool = False) -> bytes:
        """Return `nbytes` random bytes.

        Args:
            nbytes: How many.
            fallback: Not used: nothing insecure is fallen back to.
        """
        del fallback
        return secrets.token_bytes(nbytes)

    def insecureRandom(self, nbytes: int) -> bytes:
        """Return `nbytes` random bytes; these are secure too."""
        return secrets.token_bytes(nbytes)


_factory = RandomFactory()
secureRandom = _factory.secureRandom
insecureRandom = _factory.insecureRandom
