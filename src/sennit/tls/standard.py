"""TLS by the standard library's `ssl`: the engine that is used unless a program brings pyOpenSSL's objects.

`ssl.SSLObject` reads one record at a time, and whoever reads asks for a whole one.  So when the BIO is empty
after that there is no more, and the cost of asking once more and being told so by an exception is saved.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

from sennit.tls.engine import Engine
from sennit.tls.errors import VerificationError, hostname_mismatch, tls_error
from sennit.tls.identity import Identity

__all__ = ["StandardEngine"]

_WANT = (ssl.SSLWantReadError, ssl.SSLWantWriteError)
_END = (ssl.SSLZeroReturnError,)


class StandardEngine(Engine):
    """One end of a connection, by `ssl.SSLObject`.

    Args:
        context: The settings.
        server: Whether this is the server's end.
        hostname: The name to ask for (SNI) and, if the context says so, to find in the certificate.
        session: A session to resume.
        keep_session: Called with the session when the connection is over.
        identity: Who we are, to be asked for our certificate.
    """

    __slots__ = ("_go_on", "_hostname", "_identity", "_incoming", "_keep_session", "_tls")

    def __init__(
        self,
        context: ssl.SSLContext,
        *,
        server: bool,
        hostname: str | None = None,
        session: ssl.SSLSession | None = None,
        keep_session: Callable[[ssl.SSLSession], None] | None = None,
        identity: Identity | None = None,
    ) -> None:
        incoming = self._incoming = ssl.MemoryBIO()
        outgoing = ssl.MemoryBIO()
        tls = self._tls = context.wrap_bio(incoming, outgoing, server, hostname, session)
        self._hostname = hostname
        self._identity = identity
        self._keep_session = keep_session
        # What the library's own is a face of: a short message costs less without it.
        quick: Any = getattr(tls, "_sslobj", tls) if type(tls) is ssl.SSLObject else tls
        self._go_on = quick.do_handshake
        self.feed = incoming.write
        self.read = quick.read
        self.encrypt = quick.write
        self.take = outgoing.read
        self.want = _WANT
        self.end = _END
        self.server = server

    def handshake(self) -> None:
        """Take the handshake as far as it goes."""
        self._go_on()

    def more(self) -> bool:
        """Tell whether anything is left after the current record."""
        return bool(self._incoming.pending)

    def shutdown(self) -> None:
        """Put a close_notify among the bytes to be sent."""
        try:
            self._tls.unwrap()
        except ssl.SSLError:
            # It waits for the other side's close_notify, which `read` will see; or the connection is broken.
            return

    def failure(self, error: BaseException) -> BaseException:
        """Tell a name that does not match from all else."""
        if not isinstance(error, ssl.SSLError):
            return error
        if hostname_mismatch(error) and self._hostname is not None:
            mismatch = VerificationError([_mismatch(self._hostname)])
            mismatch.__cause__ = error
            return mismatch
        return tls_error(error)

    def half_closes(self) -> bool:
        """Tell whether this is TLS 1.3."""
        return self._tls.version() == "TLSv1.3"

    def peer_certificate(self) -> bytes | None:
        """Give the other side's certificate (DER)."""
        return _peer_certificate(self._tls)

    def negotiated_protocol(self) -> bytes | None:
        """Give the protocol that ALPN chose."""
        chosen = self._tls.selected_alpn_protocol()
        return None if chosen is None else chosen.encode("latin-1")

    def handle(self) -> Handle:
        """Give a view of the connection that answers as pyOpenSSL's does."""
        return Handle(self._tls, self._hostname, self._identity)

    def finished(self) -> None:
        """Keep the session, if it can be resumed."""
        if self._keep_session is not None:
            session = self._tls.session
            if session is not None and session.has_ticket:
                self._keep_session(session)


def _peer_certificate(tls: ssl.SSLObject) -> bytes | None:
    try:
        return tls.getpeercert(binary_form=True)
    except ValueError:
        # The handshake has not come so far.
        return None


def _mismatch(hostname: str) -> Any:
    """Say in service-identity's words, where it is installed, which name does not match."""
    try:
        from service_identity.exceptions import DNSMismatch, IPAddressMismatch
        from service_identity.hazmat import DNS_ID, IPAddress_ID
    except ImportError:
        return hostname
    try:
        return IPAddressMismatch(IPAddress_ID(hostname))
    except ValueError:
        return DNSMismatch(DNS_ID(hostname))


class Handle:
    """A TLS connection as pyOpenSSL's ``Connection`` presents it: what programs ask, not what they change.

    Args:
        tls: The connection.
        hostname: The name that was asked for.
        identity: Who we are.
    """

    __slots__ = ("_hostname", "_identity", "tls")

    def __init__(self, tls: ssl.SSLObject, hostname: str | None, identity: Identity | None) -> None:
        self.tls = tls
        self._hostname = hostname
        self._identity = identity

    def get_certificate(self) -> Any:
        """Give our certificate as `OpenSSL.crypto.X509`, or None."""
        return None if self._identity is None else self._identity.certificate()

    def get_peer_certificate(self) -> Any:
        """Give the other side's certificate as `OpenSSL.crypto.X509`, or None."""
        from sennit.tls.bridge import x509_from_der

        found = _peer_certificate(self.tls)
        return None if found is None else x509_from_der(found)

    def get_protocol_version_name(self) -> str:
        """Give the version of TLS, such as ``"TLSv1.3"``."""
        return self.tls.version() or "Unknown"

    def get_cipher_name(self) -> str | None:
        """Give the name of the cipher suite; None before the handshake is done."""
        cipher = self.tls.cipher()
        return None if cipher is None else cipher[0]

    def get_cipher_version(self) -> str | None:
        """Give the version of TLS that the cipher suite belongs to."""
        cipher = self.tls.cipher()
        return None if cipher is None else cipher[1]

    def get_cipher_bits(self) -> int | None:
        """Give the number of secret bits of the cipher suite."""
        cipher = self.tls.cipher()
        return None if cipher is None else cipher[2]

    def get_alpn_proto_negotiated(self) -> bytes:
        """Give the protocol that ALPN chose; empty if none."""
        return (self.tls.selected_alpn_protocol() or "").encode("latin-1")

    def get_servername(self) -> bytes | None:
        """Give the name that the client asked for; known here to clients only."""
        return None if self._hostname is None else self._hostname.encode("ascii")

    def session_reused(self) -> bool:
        """Tell whether an earlier session was resumed."""
        return bool(self.tls.session_reused)
