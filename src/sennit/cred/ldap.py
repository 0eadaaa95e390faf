"""LDAP: a password is right if the directory lets its user bind with it (RFC 4513, section 5.1.3)."""

from __future__ import annotations

import importlib
import math
import ssl
from contextlib import suppress
from typing import Any

from sennit.cred.blocking import BlockingChecker
from sennit.threads import ThreadPool

__all__ = ["LDAPChecker"]


class LDAPChecker(BlockingChecker):
    """Checks passwords by binding to a directory as the user.

    Args:
        url: The server: ``ldaps://host``, ``ldap://host:389`` or ``ldapi:///path``.
        user_dn: The users' distinguished name, with ``{}`` in the place of the login name:
            ``uid={},ou=people,dc=example,dc=org``.
        start_tls: Whether to begin TLS on a connection of ``ldap://``.
        allow_plaintext: Whether passwords may go over ``ldap://`` without that.
        authorities: A file of certificates in PEM to verify the server's against; the system's if None.
        timeout: Seconds to wait for the server to answer.
        threadpool: Where to wait; the reactor's own if None.

    Raises:
        ValueError: If passwords would go in plain text.
        ImportError: If ldap3 is not installed.
    """

    def __init__(
        self,
        url: str,
        user_dn: str,
        *,
        start_tls: bool = False,
        allow_plaintext: bool = False,
        authorities: str | None = None,
        timeout: float = 10.0,
        threadpool: ThreadPool | None = None,
    ) -> None:
        super().__init__(threadpool=threadpool)
        if user_dn.count("{}") != 1:
            raise ValueError(f"The users' name {user_dn!r} must have {{}} in it once, for the login name.")
        if url.startswith("ldap:") and not start_tls and not allow_plaintext:
            raise ValueError(f"Passwords would go to {url} in plain text: use ldaps:, or start_tls=True.")
        try:
            self._ldap3: Any = importlib.import_module("ldap3")
        except ImportError as error:
            raise ImportError('LDAP needs a library: pip install "sennit[ldap]".') from error
        self._escape = importlib.import_module("ldap3.utils.dn").escape_rdn
        self._user_dn = user_dn
        self._start_tls = start_tls
        self._timeout = math.ceil(timeout)  # ldap3 takes no fraction
        verified = self._ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=authorities)
        self._server = self._ldap3.Server(
            url, tls=verified, connect_timeout=self._timeout, get_info="NO_INFO"
        )

    def check(self, username: bytes, password: bytes) -> bool:
        """Bind as the user; an empty password is never sent, since a directory lets it in as nobody."""
        try:
            name = username.decode("utf-8")
            secret = password.decode("utf-8")
        except UnicodeDecodeError:
            return False
        if not name or not secret:
            return False
        connection = self._ldap3.Connection(
            self._server,
            user=self._user_dn.replace("{}", self._escape(name)),
            password=secret,
            receive_timeout=self._timeout,
        )
        try:
            connection.open()
            if self._start_tls and not connection.start_tls(read_server_info=False):
                raise ConnectionError("The directory does not begin TLS.")
            return bool(connection.bind())
        finally:
            # Where there is no connection any more, that says nothing of why.
            with suppress(Exception):
                connection.unbind()
            if connection.socket is not None:
                connection.socket.close()  # ldap3 leaves it open where it could not connect
