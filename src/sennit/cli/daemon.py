"""``sennit daemon``: run an application in the background, or under a supervisor with ``--nodaemon``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from sennit.cli.groups import CannotRunError

__all__ = ["command"]


def _user(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    from sennit.twisted.python.util import gidFromString, uidFromString

    if value is None:
        return None
    try:
        return uidFromString(value) if param.name == "uid" else gidFromString(value)
    except (KeyError, ValueError):
        raise click.BadParameter(f"there is no {value!r} on this system.", ctx, param) from None


def _octal(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    try:
        return None if value is None else int(value, 8)
    except ValueError:
        raise click.BadParameter(f"{value!r} is not octal.", ctx, param) from None


@click.command(
    "daemon",
    short_help="Run an application as a daemon.",
    context_settings={"allow_interspersed_args": False},
)
@click.option("-n", "--nodaemon", is_flag=True, help="Stay in the foreground; log to standard output.")
@click.option("-f", "--file", metavar="FILE", help="Run what this TAP file says.")
@click.option("-y", "--python", metavar="FILE", help="Run the application that this program (.tac) makes.")
@click.option("-s", "--source", metavar="FILE", help="Run the application that was saved to this .tas file.")
@click.option("--pidfile", metavar="FILE", default="sennit.pid", help='"" for none.  [default: sennit.pid]')
@click.option("-l", "--logfile", metavar="FILE", help="- is standard output.  [default: sennit.log]")
@click.option("--json", is_flag=True, help="Log one JSON object a line.")
@click.option("--syslog", is_flag=True, help="Log to the system's log.")
@click.option("--prefix", metavar="NAME", default="sennit", help="The name there.  [default: sennit]")
@click.option("--logger", metavar="NAME", help="The full name of a function that makes the log's observer.")
@click.option("-u", "--uid", metavar="USER", callback=_user, help="Run as this user once ports are open.")
@click.option("-g", "--gid", metavar="GROUP", callback=_user, help="Run as this group.  [default: its own]")
@click.option("--euid", is_flag=True, help="Change the effective user and group alone.")
@click.option("--umask", metavar="MASK", callback=_octal, help="[default: 0077 for a daemon]")
@click.option(
    "--chroot", metavar="DIR", help="Make this directory the root; --rundir and --pidfile are in it."
)
@click.option("-d", "--rundir", metavar="DIR", default=".", help="Run in this directory.")
@click.option("--loop", "--reactor", "-r", metavar="NAME", help="The event loop.  [default: the fastest]")
@click.option("-p", "--profile", metavar="FILE", help="Measure where time goes, and write it to this file.")
@click.option(
    "--profiler",
    type=click.Choice(["cprofile", "profile", "flame"]),
    default="cprofile",
    help="flame writes stacks that flame graphs are drawn from.  [default: cprofile]",
)
@click.option("--savestats", is_flag=True, help="Write the profile as pstats reads it.")
@click.option("-b", "--debug", is_flag=True, help="Run in the Python debugger; implies --nodaemon.")
@click.option("-o", "--no_save", "--no-save", is_flag=True, help="Do not save the application at the end.")
@click.option(
    "--workers",
    metavar="N",
    type=click.IntRange(min=1),
    help="Serve with N processes; SIGHUP replaces them.  [default: one, which is this]",
)
@click.option("--originalname", is_flag=True, help="Do not change the process's name.")
@click.option("-e", "--encrypted", is_flag=True, help="Refused: nothing is encrypted any more.")
@click.argument("plugin", required=False)
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def command(plugin: str | None, options: tuple[str, ...], loop: str | None, **config: Any) -> int:
    """Run an application in the background: a TAP file's, a program's, or a plug-in's with its options.

    Its ports are open, its user is changed and its services are started when this command returns; if that
    fails, it says why and returns 1.
    """
    member = _as_worker(config)
    files = [config[name] for name in ("file", "python", "source") if config[name] is not None]
    if len(files) + (plugin is not None) != 1:
        raise click.UsageError("One of --file, --python, --source and PLUGIN says what is run.")
    if config["encrypted"]:
        raise click.UsageError("Encrypted applications are not supported; decrypt the file first.")
    for name in files:
        if not Path(name).is_file():
            raise CannotRunError(f"There is no file {name}.")
    config["no_save"] = config["no_save"] or config["source"] is None
    if config["pidfile"] and config["chroot"] is None:
        config["pidfile"] = os.path.abspath(config["pidfile"])  # noqa: PTH100 - links are kept
    if config["workers"] is not None and member is None:
        return _run_parent(config, loop)
    return _run(config, plugin, options, loop)


def _as_worker(config: dict[str, Any]) -> Any:
    """If this is a worker, leave to its parent what the parent does; return what it is among them."""
    from sennit.app.workers.member import current_member

    member = current_member()
    if member is not None:
        if not (config["nodaemon"] or config["logfile"] or config["syslog"]):
            config["logfile"] = "sennit.log"
        config.update(nodaemon=True, pidfile="")
    return member


def _run_parent(config: dict[str, Any], loop: str | None) -> int:
    """Keep workers, each of which is this command."""
    from sennit.app.service import Application
    from sennit.app.workers.service import WorkersService

    problems: list[str] = []

    def tell_starter(word: bytes) -> None:
        pipe = config.pop("begunPipe", None)
        if pipe is not None:
            os.write(pipe, word)
            os.close(pipe)

    def begun(problem: str | None) -> None:
        if problem is None:
            tell_starter(b"0")
        else:
            problems.append(problem)

    _use_loop(loop)
    application = Application("sennit")
    WorkersService(config["workers"], folder=str(Path.cwd()), begun=begun).setServiceParent(application)
    # What they do for themselves, the parent must not have done: it starts others later.
    config.update(uid=None, gid=None, chroot=None, no_save=True)
    status = _serve(config, application)
    if not problems:
        return status
    # Only now that nothing is left of us: whoever is told may try again at once.
    tell_starter(f"1 {problems[0]}".encode("ascii", "backslashreplace"))
    return 1


def _run(config: dict[str, Any], plugin: str | None, options: tuple[str, ...], loop: str | None) -> int:
    from sennit.app.tap import TapError
    from sennit.twisted.python.reflect import namedAny

    if config["logger"] is not None:
        try:
            config["logger"] = namedAny(config["logger"])
        except Exception as error:
            raise click.BadParameter(str(error), param_hint="--logger") from None
    _use_loop(loop)
    try:
        application = _application(config, plugin, options)
    except TapError as error:
        raise CannotRunError(str(error)) from None
    return _serve(config, application)


def _use_loop(loop: str | None) -> None:
    """Make the process's reactor."""
    from sennit.core.current import set_default_reactor
    from sennit.reactor import LoopNotAvailable, Reactor, new_loop

    if loop is not None:
        try:
            new_loop(loop).close()
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--loop") from None
        except LoopNotAvailable as error:
            raise CannotRunError(str(error)) from None
    # Its loop is made when it is first needed: after the fork.
    reactor = Reactor(loop)
    set_default_reactor(lambda: reactor)


def _application(config: dict[str, Any], plugin: str | None, options: tuple[str, ...]) -> Any:
    from sennit.app.plugins import service_makers
    from sennit.app.service import Application
    from sennit.app.tap import Tap, TapError, is_tap_file, load_tap, read_options

    if config["file"] is not None:
        if not is_tap_file(config["file"]):
            raise TapError(f"{config['file']} is no TAP file; a pickled application is run by twistd alone.")
        tap = load_tap(config["file"])
    elif plugin is not None:
        makers = service_makers()
        if plugin not in makers:
            raise TapError(f"There is no plug-in {plugin!r}; `sennit plugins` lists what is there.")
        tap = Tap(plugin, plugin, read_options(makers[plugin], options))
    else:
        return _loaded(config)
    application = Application(tap.name, tap.uid, tap.gid)
    tap.make_service(service_makers()).setServiceParent(application)
    return application


def _loaded(config: dict[str, Any]) -> Any:
    from sennit.app.service import IService
    from sennit.twisted.application.service import loadApplication

    kind = "python" if config["python"] is not None else "source"
    name = config[kind]
    try:
        application = loadApplication(name, kind)
    except KeyError as error:
        if error.args != ("application",):
            raise
        raise CannotRunError(f"{name} has no variable named 'application'.") from None
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "twisted":
            raise
        raise CannotRunError(f"{name} imports twisted: run `sennit drop-in enable`, or use twistd.") from None
    if IService(application, None) is None:
        raise CannotRunError(f"What {name} calls 'application' is none: {application!r}.")
    return application


def _serve(config: dict[str, Any], application: Any) -> int:
    from sennit.app.notifying import Notifier
    from sennit.app.workers.member import current_member
    from sennit.core.current import default_reactor
    from sennit.core.errors import CannotListenError
    from sennit.twisted.application.exiting import _exitWithSignal
    from sennit.twisted.scripts.twistd_unix import UnixApplicationRunner, UnixAppLogger, checkPID

    member = current_member()
    is_parent = config["workers"] is not None and member is None

    class Runner(UnixApplicationRunner):
        loggerFactory = _logger_of(UnixAppLogger)

        def preApplication(self) -> None:
            super().preApplication()
            if self.config["chroot"] is not None and self.config["pidfile"]:
                inside = Path(self.config["chroot"], self.config["rundir"].lstrip("/"))
                checkPID(str(inside / self.config["pidfile"].lstrip("/")))

        def createOrGetApplication(self) -> Any:
            return application

        def shedPrivileges(self, euid: bool, uid: int | None, gid: int | None) -> None:
            logger = getattr(self, "logger", None)
            if uid is not None and gid is not None and os.geteuid() == 0 and logger is not None:
                logger.hand_over(uid, gid)
            super().shedPrivileges(euid, uid, gid)

        def startApplication(self, application: Any) -> None:
            super().startApplication(application)
            if is_parent and "statusPipe" in self.config:
                # The starter is told when the workers serve.
                self.config["begunPipe"] = self.config.pop("statusPipe")

        def startReactor(self, reactor: Any, oldstdout: Any, oldstderr: Any) -> None:
            if member is not None:
                member.attach(default_reactor())
            alone = member is None and not is_parent
            notifier = Notifier() if alone else Notifier({})
            notifier.ready()
            notifier.watch(default_reactor())
            super().startReactor(reactor, oldstdout, oldstderr)
            notifier.stopping()

    runner = Runner(config)
    try:
        runner.run()
    except (CannotListenError, OSError) as error:
        if config["nodaemon"]:
            raise CannotRunError(str(error)) from None
        raise
    if runner._exitSignal is not None and not config["nodaemon"]:
        _exitWithSignal(runner._exitSignal)
    return 0


def _logger_of(base: Any) -> Any:
    """Return the class that begins a log, with this command's names and words."""
    from sennit.log import Logger
    from sennit.version import __version__

    log = Logger(namespace="sennit.daemon")

    class AppLogger(base):  # type: ignore[misc]  # made here, so that help loads none of it
        default_name = "sennit.log"

        def _initialLog(self) -> None:
            log.info(
                "Sennit {version} on Python {python} starts.",
                version=__version__,
                python=sys.version.partition(" ")[0],
            )

    return AppLogger
