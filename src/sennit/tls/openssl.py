"""TLS by pyOpenSSL: for the contexts and connections that programs written for Twisted bring along."""

from __future__ import annotations

from typing import Any

from OpenSSL import SSL, crypto

from sennit.tls.engine import Engine

__all__ = ["OpenSSLEngine"]

_BLOCK = 1 << 15
_WANT = (SSL.WantReadError, SSL.WantWriteError, SSL.WantX509LookupError)
_END = (SSL.ZeroReturnError,)


class OpenSSLEngine(Engine):
    """One end of a connection, by `OpenSSL.SSL.Connection`.

    Args:
        connection: The connection, made without a socket.
        server: Whether this is the server's end.
    """

    __slots__ = ("_tls",)

    def __init__(self, connection: Any, *, server: bool) -> None:
        self._tls = connection
        if server:
            connection.set_accept_state()
        else:
            connection.set_connect_state()
        self.feed = connection.bio_write
        self.read = connection.recv
        self.encrypt = connection.send
        self.take = self._take
        self.want = _WANT
        self.end = _END
        self.server = server

    def handshake(self) -> None:
        """Take the handshake as far as it goes."""
        self._tls.do_handshake()

    def more(self) -> bool:
        """Say yes: pyOpenSSL does not tell what lies in its BIO."""
        return True

    def shutdown(self) -> None:
        """Put a close_notify among the bytes to be sent."""
        try:
            self._tls.shutdown()
        except SSL.Error:
            return

    def failure(self, error: BaseException) -> BaseException:
        """Give it as it is."""
        return error

    def half_closes(self) -> bool:
        """Tell whether this is TLS 1.3."""
        return bool(self._tls.get_protocol_version_name() == "TLSv1.3")

    def peer_certificate(self) -> bytes | None:
        """Give the other side's certificate (DER)."""
        found = self._tls.get_peer_certificate()
        return None if found is None else crypto.dump_certificate(crypto.FILETYPE_ASN1, found)

    def negotiated_protocol(self) -> bytes | None:
        """Give the protocol that ALPN chose."""
        return self._tls.get_alpn_proto_negotiated() or None

    def handle(self) -> Any:
        """Give the connection."""
        return self._tls

    def finished(self) -> None:
        """Keep nothing: sessions are the context's affair."""

    def _take(self) -> bytes:
        """Gather what there is; only a full block may have another behind it."""
        blocks = []
        while True:
            try:
                block = self._tls.bio_read(_BLOCK)
            except SSL.WantReadError:
                break
            blocks.append(block)
            if len(block) < _BLOCK:
                break
        return b"".join(blocks)
