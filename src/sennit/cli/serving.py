"""What every ``sennit run`` command has: where to listen, on which loop, the log, and how it ends.

A command gives a function that makes the factory; `run_server` does the rest.  The first SIGINT or SIGTERM
stops listening and lets what is under way finish; a second one, or the end of the grace, cuts it off.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import click

from sennit.cli.groups import CannotRunError

__all__ = [
    "ServerOptions",
    "certificate_options",
    "register_checkers",
    "run_server",
    "seconds",
    "server_options",
    "where",
]

_INTERRUPTED = 130


def seconds(ctx: click.Context, param: click.Parameter, value: str) -> float:
    """Read an option that is a number of seconds, 0 or more: a callback for `click.option`.

    Raises:
        click.BadParameter: If it is none.
    """
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise click.BadParameter(f"{value!r} is not a number of seconds.", ctx, param)
    return number


def register_checkers(portal: Any, descriptions: Sequence[str]) -> None:
    """Give a portal the checkers that ``--auth`` names.

    Args:
        portal: The portal.
        descriptions: The option's values, as `sennit.cred.strcred` has them.

    Raises:
        click.BadParameter: If one is none.
    """
    from sennit.cred.strcred import InvalidAuthArgumentString, InvalidAuthType, makeChecker

    for description in descriptions:
        try:
            portal.registerChecker(makeChecker(description))
        except (InvalidAuthType, InvalidAuthArgumentString) as error:
            raise click.BadParameter(str(error), param_hint="--auth") from None


def certificate_options(file: Path) -> Any:
    """Return the settings of TLS that ``--certificate`` stands for.

    Args:
        file: It has the key and the certificate, as PEM.
    """
    from sennit.tls import PrivateCertificate

    return PrivateCertificate.loadPEM(file.read_bytes()).options()


def where(address: Any, secure: bool = False) -> str:
    """Return how to reach a port that is not known by a URL.

    Args:
        address: Its address.
        secure: Whether it speaks TLS.
    """
    host = getattr(address, "host", None)
    if host is None:
        name = getattr(address, "name", None)
        return f"unix:{name.decode(errors='replace')}" if name else "an inherited socket"
    return f"{host}:{address.port}"


@dataclass(frozen=True)
class ServerOptions:
    """The options that all servers share.

    Attributes:
        listen: Descriptions of the endpoints.
        loop: The event loop's name; None for the best there is.
        grace: Seconds that requests under way may take after the first signal.
        workers: How many processes serve; None for this one alone.
        introspect: Where the control socket for `sennit ps` is to be, ``auto`` for the usual place; None for
            no such socket.
        log_file: The file that events are logged to; None for warnings alone, to standard error.
        quiet: Whether to say nothing when all is well.
    """

    listen: tuple[str, ...]
    loop: str | None
    grace: float
    workers: int | None
    introspect: str | None
    log_file: str | None
    quiet: bool


def server_options(default_listen: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the options of `ServerOptions`.

    Args:
        default_listen: The endpoint when none is named.

    Returns:
        A decorator for a function that takes the options as a `ServerOptions` first, then its own.
    """
    options = [
        click.option(
            "-l",
            "--listen",
            metavar="ENDPOINT",
            multiple=True,
            default=(default_listen,),
            help="Where to listen, such as tcp:8080:interface=127.0.0.1 or unix:/run/web.sock; "
            f"may be given several times.  [default: {default_listen}]",
        ),
        click.option(
            "--loop",
            metavar="NAME",
            help="native, uvloop, asyncio, epoll, poll, select, kqueue; "
            "a toolkit's: qt, gtk, glib, tk, wx, cocoa.  [default: the fastest here]",
        ),
        click.option(
            "--grace",
            metavar="SECONDS",
            callback=seconds,
            default="30",
            help="How long requests under way may take to finish after a signal to stop.  [default: 30]",
        ),
        click.option(
            "--workers",
            metavar="N",
            type=click.IntRange(min=1),
            help="Serve with N processes, which are replaced when they die and, with no connection lost, at "
            "SIGHUP: new ones load the program as it is then.  [default: this process alone]",
        ),
        click.option(
            "--introspect",
            metavar="[PATH]",
            is_flag=False,
            flag_value="auto",
            help="Let `sennit ps` look into this process, by a socket that its owner alone can open; log "
            "what blocks the loop.",
        ),
        click.option(
            "--log-file",
            metavar="FILE",
            type=click.Path(dir_okay=False),
            help="Log events to this file instead of warnings to standard error.",
        ),
        click.option("-q", "--quiet", is_flag=True, help="Say nothing when all is well."),
    ]
    names = [field.name for field in fields(ServerOptions)]

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        def command(**values: Any) -> Any:
            shared = ServerOptions(**{name: values.pop(name) for name in names})
            return function(shared, **values)

        command.__doc__ = function.__doc__
        command.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def run_server(
    options: ServerOptions,
    make_factory: Callable[[Any], Any],
    describe: Callable[[Any, bool], str],
    what: str,
) -> int:
    """Run a server until it is told to stop.

    Args:
        options: The shared options.
        make_factory: Called with the reactor; returns the protocol factory. If it has ``startup()`` and
            ``shutdown()``, these coroutine functions are called before it listens and after its last
            connection has ended; a RuntimeError from the first is why it cannot run.
        describe: Called with a port's address, and whether it speaks TLS; returns how to reach it.
        what: What is served, for the line that says so.

    Returns:
        The exit status.

    Raises:
        CannotRunError: If an endpoint cannot be listened on, or the loop cannot be had here.
        click.BadParameter: If an endpoint or a loop is named that is none.
    """
    from sennit.app.workers.member import current_member
    from sennit.reactor import LoopNotAvailable, new_loop, run

    _begin_logging(options)
    if options.workers is not None and current_member() is None:
        return _run_parent(options)
    try:
        loop = new_loop(options.loop)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--loop") from None
    except LoopNotAvailable as error:
        raise CannotRunError(str(error)) from None
    ended_well = run(_serve, options, make_factory, describe, what, loop=loop)
    # No result comes back from a run that a second signal cut short.
    return _INTERRUPTED if ended_well is None else 0


def _run_parent(options: ServerOptions) -> int:
    from sennit.app.workers import StartError, run_workers

    assert options.workers is not None
    try:
        ended_well = run_workers(options.workers, grace=options.grace, tell=lambda line: _tell(options, line))
    except StartError as error:
        raise CannotRunError(str(error)) from None
    return _INTERRUPTED if ended_well is None else 0


async def _serve(
    options: ServerOptions,
    make_factory: Callable[[Any], Any],
    describe: Callable[[Any, bool], str],
    what: str,
) -> bool | None:
    from sennit.app.notifying import Notifier
    from sennit.app.serve import serve
    from sennit.app.workers.member import current_member
    from sennit.core.current import current_reactor
    from sennit.core.errors import CannotListenError

    reactor = current_reactor()
    introspection = _introspection(options, reactor)
    endpoints = [_endpoint(reactor, description) for description in options.listen]
    factory = make_factory(reactor)
    startup = getattr(factory, "startup", None)
    if startup is not None:
        try:
            await startup()
        except RuntimeError as error:
            raise CannotRunError(str(error)) from None

    member = current_member()
    notifier = Notifier()

    def started(server: Any, ports: list[Any]) -> None:
        if member is None or member.is_first:
            for port in ports:
                _tell(options, f"{what} on {describe(port.getHost(), _is_secure(port))}")
        if member is not None:
            member.ready()
        else:
            notifier.ready()
            notifier.watch(reactor)

    def stopping() -> None:
        if member is not None:
            return
        notifier.stopping()
        notifier.end_watch()
        _tell(options, f"Stopping; what is under way has {options.grace:g} s. A second signal ends it now.")

    try:
        ended_well = await serve(
            reactor,
            factory,
            endpoints,
            grace=options.grace,
            started=started,
            stopping=stopping,
            linger=None if member is None else member.linger,
        )
    except (CannotListenError, OSError) as error:
        raise CannotRunError(str(error)) from None
    finally:
        if startup is not None and reactor.running:
            await factory.shutdown()
        if introspection is not None:
            introspection.end()
    # A second signal stops the reactor under us, and its connections end with it.
    return ended_well if reactor.running else None


def _introspection(options: ServerOptions, reactor: Any) -> Any:
    if options.introspect is None:
        return None
    from sennit.app.introspection import Introspection

    path = None if options.introspect == "auto" else Path(options.introspect)
    if path is not None and options.workers is not None:
        raise CannotRunError("Workers have a socket each: use --introspect without a path.")
    introspection = Introspection(reactor, path)
    try:
        introspection.begin()
    except OSError as error:
        raise CannotRunError(f"There can be no control socket: {error}.") from None
    return introspection


def _is_secure(port: Any) -> bool:
    """Tell whether a port speaks TLS; the TLS room is loaded if one does."""
    room = sys.modules.get("sennit.tls.factory")
    return room is not None and isinstance(getattr(port, "factory", None), room.TLSMemoryBIOFactory)


def _tell(options: ServerOptions, line: str) -> None:
    if not options.quiet:
        click.echo(line)
        sys.stdout.flush()


def _endpoint(reactor: Any, description: str) -> Any:
    from sennit.endpoint import MissingExtraError, serverFromString

    try:
        return serverFromString(reactor, description)
    except (TypeError, ValueError) as error:
        raise click.BadParameter(str(error), param_hint="--listen") from None
    except (MissingExtraError, OSError) as error:
        raise CannotRunError(str(error)) from None
    except LookupError:
        raise CannotRunError(f"No socket was passed to this process for {description}.") from None


def _begin_logging(options: ServerOptions) -> None:
    from sennit.log import (
        FilteringLogObserver,
        LogLevel,
        LogLevelFilterPredicate,
        globalLogBeginner,
        textFileLogObserver,
    )

    if options.log_file is None:
        file, level = sys.stderr, LogLevel.warn
    else:
        try:
            file, level = open(options.log_file, "a", encoding="utf-8"), LogLevel.info  # noqa: SIM115, PTH123 - open for good
        except OSError as error:
            raise CannotRunError(f"Cannot write the log file {options.log_file}: {error.strerror}.") from None
    wanted = FilteringLogObserver(textFileLogObserver(file), [LogLevelFilterPredicate(level)])
    globalLogBeginner.beginLoggingTo([wanted], redirectStandardIO=False)
