r"""Endpoints from descriptions: ``tcp:8080:interface=127.0.0.1``, ``unix:/run/app.sock:mode=660``.

A description is a kind and its arguments, separated by colons.  An argument is a value, or ``name=value``.
A backslash takes the special meaning from the character after it, so ``\:`` is a colon in a value;
`quoteStringArgument` does that to a whole value.  In an argument that has a name already, further equals
signs are literal.

Each kind is one function here, whose parameters are the arguments' names and whose docstring's first
line shows how it is written.  Further kinds come through `sennit.endpoint.plugins`.
"""

from __future__ import annotations

import importlib
import inspect
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sennit.core.interfaces import IStreamClientEndpoint, IStreamServerEndpoint
from sennit.endpoint.adopted import AdoptedStreamServerEndpoint, family_of, inherited_descriptors
from sennit.endpoint.plugins import find_parser
from sennit.endpoint.stdio import StandardIOEndpoint
from sennit.endpoint.tcp import TCP4ClientEndpoint, TCP4ServerEndpoint, TCP6ClientEndpoint, TCP6ServerEndpoint
from sennit.endpoint.unix import UNIXClientEndpoint, UNIXServerEndpoint

__all__ = [
    "clientFromString",
    "flag",
    "join_description",
    "make_endpoint",
    "parse_description",
    "permissions",
    "port_number",
    "quoteStringArgument",
    "serverFromString",
    "whole_number",
]

_HIGHEST_PORT = 65535


def parse_description(description: str) -> tuple[list[str], dict[str, str]]:
    """Split a description into its values and its named values, quoting undone.

    Args:
        description: The whole description, its kind included.

    Returns:
        The values without a name, in order, and those with one.

    Raises:
        ValueError: If a backslash ends the description.
    """
    positional: list[str] = []
    named: dict[str, str] = {}
    name: str | None = None
    text: list[str] = []
    characters = iter(description)

    def end_argument() -> None:
        if name is None:
            positional.append("".join(text))
        else:
            named[name] = "".join(text)

    for character in characters:
        if character == "\\":
            quoted = next(characters, None)
            if quoted is None:
                raise ValueError(
                    f"The description {description!r} ends in a backslash that quotes nothing; "
                    "a backslash that is meant is written twice."
                )
            text.append(quoted)
        elif character == ":":
            end_argument()
            name, text = None, []
        elif character == "=" and name is None:
            name, text = "".join(text), []
        else:
            text.append(character)
    end_argument()
    return positional, named


def quoteStringArgument(argument: str) -> str:
    r"""Quote a value, so that it stands for itself in a description.

    Args:
        argument: Any text, such as a path or an IPv6 address.

    Returns:
        The text with a backslash before each backslash, colon and equals sign that would be special.
    """
    return argument.replace("\\", "\\\\").replace(":", "\\:")


def join_description(positional: Sequence[str], named: Mapping[str, str]) -> str:
    """Write a description: the inverse of `parse_description`.

    A kind that wraps another one is given the other's description in pieces, and joins them with this.

    Args:
        positional: The values without a name, the kind first.
        named: The values with one.

    Raises:
        ValueError: If there is no value at all.
    """
    if not positional and not named:
        raise ValueError("A description has a kind at least.")
    values = [quoteStringArgument(value).replace("=", "\\=") for value in positional]
    values += [
        quoteStringArgument(name).replace("=", "\\=") + "=" + quoteStringArgument(value)
        for name, value in named.items()
    ]
    return ":".join(values)


def whole_number(what: str, text: str | float, highest: int) -> int:
    """Return the number that `text` writes in decimal digits.

    Raises:
        ValueError: If it does not, or is higher than `highest`; `what` begins the sentence.
    """
    if isinstance(text, str):
        text = text.strip()
        if not (text.isascii() and text.isdigit()) or int(text) > highest:
            raise ValueError(f"{what} must be a number from 0 to {highest}, not {text!r}.")
    return int(text)


def port_number(text: str) -> int:
    """Return the number of a port."""
    return whole_number("The port", text, _HIGHEST_PORT)


def _backlog(text: str | int) -> int:
    return whole_number("The backlog", text, 2**31 - 1)


def _seconds(text: str | float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value < float("inf"):
        raise ValueError(f"The timeout must be a number of seconds, not {text!r}.")
    return int(value) if value == int(value) else value


def _server_tcp(reactor: Any, port: str, interface: str = "", backlog: str | int = 50) -> Any:
    """tcp:PORT[:interface=ADDRESS][:backlog=N]."""
    return TCP4ServerEndpoint(reactor, port_number(port), _backlog(backlog), interface)


def _server_tcp6(reactor: Any, port: str, interface: str = "::", backlog: str | int = 50) -> Any:
    r"""tcp6:PORT[:interface=ADDRESS, its colons written \:][:backlog=N]."""
    return TCP6ServerEndpoint(reactor, port_number(port), _backlog(backlog), interface)


def _server_unix(
    reactor: Any, address: str, mode: str = "666", backlog: str | int = 50, lockfile: str | bool = True
) -> Any:
    """unix:PATH[:mode=OCTAL][:backlog=N][:lockfile=0]."""
    return UNIXServerEndpoint(reactor, address, _backlog(backlog), permissions(mode), flag(lockfile))


def permissions(text: str) -> int:
    """Return the permissions that `text` writes in octal.

    Raises:
        ValueError: If it does not.
    """
    try:
        return int(text, 8)
    except ValueError:
        raise ValueError(f"The mode must be permissions in octal, such as 660, not {text!r}.") from None


def flag(text: str | bool) -> bool:
    """Return whether `text` is a number other than 0."""
    return bool(int(text))


def _server_systemd(reactor: Any, domain: str, index: str | None = None, name: str | None = None) -> Any:
    """systemd:domain=INET|INET6|UNIX:index=N, or name=NAME in the place of index."""
    if (index is None) == (name is None):
        raise ValueError("Specify exactly one of descriptor index or name.")
    family = getattr(socket, f"AF_{domain}", None)
    if family is None:
        raise ValueError(f"The domain must be INET, INET6 or UNIX, not {domain!r}.")
    inherited = inherited_descriptors()
    if name is not None:
        if name not in inherited:
            raise KeyError(name)
        descriptor = inherited[name][0]
    else:
        descriptor = sorted(one for several in inherited.values() for one in several)[int(index or 0)]
    return AdoptedStreamServerEndpoint(reactor, descriptor, family)


def _server_fd(reactor: Any, descriptor: str) -> Any:
    """fd:DESCRIPTOR."""
    number = whole_number("The descriptor", descriptor, 2**31 - 1)
    return AdoptedStreamServerEndpoint(reactor, number, family_of(number))


def _server_stdio(reactor: Any) -> Any:
    """Write it as stdio: with nothing more."""
    return StandardIOEndpoint(reactor)


def _tls_strings() -> Any:
    """The module that reads certificates for descriptions; only TLS kinds pay for it."""
    return importlib.import_module("sennit.endpoint.tls_strings")


def _server_ssl(
    reactor: Any,
    port: str,
    privateKey: str = "server.pem",
    certKey: str | None = None,
    sslmethod: str | None = None,
    interface: str = "",
    backlog: str | int = 50,
    extraCertChain: str | None = None,
    dhParameters: str | None = None,
) -> Any:
    """ssl:PORT[:privateKey=FILE][:certKey=FILE][:extraCertChain=FILE][:dhParameters=FILE][:interface=...]."""
    return _tls_strings().ssl_server(
        reactor,
        port_number(port),
        privateKey,
        certKey,
        sslmethod,
        interface,
        _backlog(backlog),
        extraCertChain,
        dhParameters,
    )


def _server_tls(
    reactor: Any,
    path: str,
    port: str = "443",
    backlog: str | int = 50,
    interface: str = "::",
    endpoint: str | None = None,
) -> Any:
    """tls:DIRECTORY-OF-PEM-FILES[:port=443][:interface=ADDRESS][:backlog=N], or endpoint=DESCRIPTION."""
    below = (
        TCP6ServerEndpoint(reactor, port_number(port), _backlog(backlog), interface)
        if endpoint is None
        else serverFromString(reactor, endpoint)
    )
    return _tls_strings().tls_server(below, path)


def _server_haproxy(
    reactor: Any,
    *wrapped: str,
    trusted: str | None = None,
    direct: str | bool = False,
    headerTimeout: str | float | None = None,
    **named: str,
) -> Any:
    """haproxy:DESCRIPTION[:trusted=NETWORK,...][:direct=1][:headerTimeout=SECONDS]."""
    from sennit.endpoint.haproxy import proxyEndpoint, trusted_networks

    return proxyEndpoint(
        serverFromString(reactor, join_description(wrapped, named)),
        trusted=trusted_networks(trusted),
        header_timeout=None if headerTimeout is None else _seconds(headerTimeout),
        direct=flag(direct),
    )


def _client_tcp(
    reactor: Any, host: str, port: str, timeout: str | float = 30, bindAddress: str | None = None
) -> Any:
    """tcp:HOST:PORT[:timeout=SECONDS][:bindAddress=ADDRESS]."""
    return TCP4ClientEndpoint(reactor, host, port_number(port), _seconds(timeout), _bind(bindAddress))


def _client_tcp6(
    reactor: Any, host: str, port: str, timeout: str | float = 30, bindAddress: str | None = None
) -> Any:
    r"""tcp6:ADDRESS, its colons written \::PORT[:timeout=SECONDS][:bindAddress=ADDRESS]."""
    return TCP6ClientEndpoint(reactor, host, port_number(port), _seconds(timeout), _bind(bindAddress))


def _bind(address: str | None) -> tuple[str, int] | None:
    return None if address is None else (address, 0)


def _client_unix(
    reactor: Any, path: str, timeout: str | float = 30, lockfile: str = "0", checkPID: str | None = None
) -> Any:
    """unix:PATH[:timeout=SECONDS][:lockfile=1]."""
    check = flag(lockfile if checkPID is None else checkPID)
    return UNIXClientEndpoint(reactor, path, _seconds(timeout), check)


def _client_ssl(
    reactor: Any,
    host: str,
    port: str,
    timeout: str | float = 30,
    bindAddress: str | None = None,
    certKey: str | None = None,
    privateKey: str | None = None,
    caCertsDir: str | None = None,
    hostname: str | None = None,
) -> Any:
    """ssl:HOST:PORT[:hostname=NAME][:caCertsDir=DIR][:certKey=FILE:privateKey=FILE][:timeout=SECONDS]."""
    return _tls_strings().ssl_client(
        reactor,
        host,
        port_number(port),
        _seconds(timeout),
        _bind(bindAddress),
        certKey,
        privateKey,
        caCertsDir,
        hostname,
    )


def _client_tls(
    reactor: Any,
    host: str,
    port: str,
    timeout: str | float = 30,
    bindAddress: str | None = None,
    certificate: str | None = None,
    privateKey: str | None = None,
    trustRoots: str | None = None,
    endpoint: str | None = None,
) -> Any:
    """tls:HOST:PORT[:certificate=FILE:privateKey=FILE][:trustRoots=DIR][:endpoint=DESCRIPTION][:timeout=...]."""
    from sennit.endpoint.hostname import HostnameEndpoint

    below = (
        HostnameEndpoint(reactor, host, port_number(port), _seconds(timeout), _bind(bindAddress))
        if endpoint is None
        else clientFromString(reactor, endpoint)
    )
    return _tls_strings().tls_client(below, host, certificate, privateKey, trustRoots)


_SERVERS: dict[str, Callable[..., Any]] = {
    "fd": _server_fd,
    "haproxy": _server_haproxy,
    "ssl": _server_ssl,
    "stdio": _server_stdio,
    "systemd": _server_systemd,
    "tcp": _server_tcp,
    "tcp6": _server_tcp6,
    "tls": _server_tls,
    "unix": _server_unix,
}
_CLIENTS: dict[str, Callable[..., Any]] = {
    "ssl": _client_ssl,
    "tcp": _client_tcp,
    "tcp6": _client_tcp6,
    "tls": _client_tls,
    "unix": _client_unix,
}


def make_endpoint(
    reactor: Any, description: str | bytes, builtin: dict[str, Callable[..., Any]], method: str, role: str
) -> Any:
    """Make the endpoint that a description describes.

    Args:
        reactor: The reactor.
        description: The description.
        builtin: A function for each kind; its docstring says how the kind is written.
        method: The method of parsers of other kinds.
        role: What kind of endpoint this is, for errors.

    Raises:
        ValueError: If the kind is unknown or a value is not what it must be.
        TypeError: If an argument is missing, or is not one of the kind's.
    """
    if isinstance(description, bytes):
        description = description.decode("utf-8")
    if not isinstance(description, str):
        raise TypeError(f"An endpoint's description is text, not {description!r}.")
    (kind, *positional), named = parse_description(description)
    function = builtin.get(kind)
    if function is None:
        function = find_parser(kind, method)
        if function is None:
            known = ", ".join(sorted(builtin))
            raise ValueError(
                f"Unknown endpoint type: {kind!r} in {description!r}; a {role}'s is one of {known}."
            )
        return function(reactor, *positional, **named)
    signature = inspect.signature(function)
    parameters = list(signature.parameters.values())[1:]
    if parameters and parameters[0].kind is inspect.Parameter.VAR_POSITIONAL:
        # It wraps another description, and takes that in pieces.
        return function(reactor, *positional, **named)
    # Values without names are for the arguments that none is named for, in order.
    free = [each.name for each in parameters if each.name not in named]
    if len(positional) == len(free) + 1 and not positional[-1]:
        # "stdio:" ends in a colon that separates nothing.
        positional.pop()
    try:
        if len(positional) > len(free):
            raise TypeError(f"there is no argument for {positional[len(free)]!r}")
        named.update(zip(free, positional, strict=False))
        signature.bind(reactor, **named)
    except TypeError as error:
        usage = (function.__doc__ or "").removesuffix(".")
        raise TypeError(f"In the description {description!r}: {error}; write {usage}") from None
    return function(reactor, **named)


def serverFromString(reactor: Any, description: str | bytes) -> IStreamServerEndpoint:
    """Return the server endpoint that a description describes.

    Args:
        reactor: The reactor that the endpoint listens with.
        description: Such as ``tcp:8080``; `sennit.endpoint.strings` says how it is written.  Bytes are UTF-8.

    Raises:
        ValueError: If the kind is unknown or a value is not what it must be.
        TypeError: If an argument is missing, or is not one of the kind's.
    """
    endpoint: IStreamServerEndpoint = make_endpoint(
        reactor, description, _SERVERS, "parseStreamServer", "server"
    )
    return endpoint


def clientFromString(reactor: Any, description: str | bytes) -> IStreamClientEndpoint:
    """Return the client endpoint that a description describes.

    Args:
        reactor: The reactor that the endpoint connects with.
        description: Such as ``tcp:example.org:80``; `sennit.endpoint.strings` says how it is written.
            Bytes are UTF-8.

    Raises:
        ValueError: If the kind is unknown or a value is not what it must be.
        TypeError: If an argument is missing, or is not one of the kind's.
    """
    endpoint: IStreamClientEndpoint = make_endpoint(
        reactor, description, _CLIENTS, "parseStreamClient", "client"
    )
    return endpoint
