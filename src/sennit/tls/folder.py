"""One server, many names: a folder with a PEM file for each, chosen by the name that the client asks for.

A client names the host that it wants in its first message (SNI, RFC 6066, section 3).  That name is looked up
among those that were read from the folder; no path is ever made of it.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sennit.log import Logger
from sennit.tls.engine import Engine
from sennit.tls.options import CertificateOptions
from sennit.tls.standard import StandardEngine

__all__ = ["NamedCertificates", "certificates_by_name"]

_log = Logger()

DEFAULT_NAME = "DEFAULT"
REFRESH = 60.0


def certificates_by_name(directory: Path, **options: Any) -> NamedCertificates:
    """Make the TLS settings of a server that has a certificate for each of its names.

    Every ``*.pem`` file in the folder holds a key, its certificate, and what stands between it and the
    authority.  It serves the names in the certificate (which needs the extra ``tls``) and the one that the
    file is called by: ``example.org.pem``, or ``*.example.org.pem``.  A client that asks for another name, or
    for none, is shown ``DEFAULT.pem``, or the first file if there is no such one.  New and changed files are
    noticed within a minute.

    Args:
        directory: The folder.
        **options: Further arguments for `CertificateOptions`.

    Raises:
        OSError: If the folder or a file cannot be read.
        ValueError: If there is no such file in it.
        ssl.SSLError: If a file does not hold what it should.
    """
    return NamedCertificates(Path(directory), options)


class NamedCertificates:
    """The TLS settings of a server with a folder of certificates; `certificates_by_name` describes it.

    Args:
        directory: The folder.
        options: Further arguments for `CertificateOptions`.
        monotonic: Gives the time in seconds.
    """

    def __init__(
        self, directory: Path, options: dict[str, Any], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._directory = directory
        self._options = options
        self._monotonic = monotonic
        self._names: dict[str, CertificateOptions] = {}
        self._default: CertificateOptions
        self._state = self._look()
        self._looked = monotonic()
        self._load()

    def settings_for(self, name: str | None) -> CertificateOptions:
        """Give the settings for a name that a client asks for."""
        if name is None:
            return self._default
        name = name.lower().removesuffix(".")
        found = self._names.get(name)
        if found is None:
            found = self._names.get(f"*.{name.partition('.')[2]}", self._default)
        return found

    def standard_engine(self, is_client: bool, protocols: Sequence[bytes] | None) -> Engine:
        """Make the server's end of a connection."""
        if is_client:
            raise TypeError("A folder of certificates is for servers; a client shows one at most.")
        if self._monotonic() - self._looked > REFRESH:
            self._refresh()
        context = self._default.standard_context(is_client=False, protocols=protocols)
        if context.sni_callback is None:
            context.sni_callback = partial(self._switch, protocols)
        return StandardEngine(context, server=True, identity=self._default._identity)

    def _switch(
        self, protocols: Sequence[bytes] | None, connection: Any, name: str | None, context: ssl.SSLContext
    ) -> None:
        chosen = self.settings_for(name).standard_context(is_client=False, protocols=protocols)
        if chosen is not context:
            connection.context = chosen

    def _look(self) -> dict[Path, tuple[int, int]]:
        found = {}
        for path in sorted(self._directory.iterdir()):
            if path.suffix == ".pem":
                state = path.stat()
                found[path] = (state.st_mtime_ns, state.st_size)
        return found

    def _load(self) -> None:
        if not self._state:
            raise ValueError(f"There is no .pem file in {self._directory}.")
        names: dict[str, CertificateOptions] = {}
        loaded = []
        for path in self._state:
            settings = CertificateOptions.from_files(path, **self._options)
            settings.standard_context(is_client=False)
            loaded.append(settings)
            for name in (*_certified_names(path), path.stem.lower()):
                names[name] = settings
        self._default = names.get(DEFAULT_NAME.lower(), loaded[0])
        self._names = names

    def _refresh(self) -> None:
        self._looked = self._monotonic()
        before = self._state
        try:
            self._state = self._look()
            if self._state != before:
                self._load()
        except (OSError, ValueError) as error:
            # Half of a new file may be there; what is loaded goes on serving.
            self._state = before
            _log.error(
                "Cannot read the certificates in {directory}: {error}", directory=self._directory, error=error
            )


def _certified_names(path: Path) -> list[str]:
    """List the names that the first certificate in a file is for; none without the extra."""
    try:
        from cryptography import x509
    except ImportError:
        return []
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [name.lower() for name in names.get_values_for_type(x509.DNSName)]
