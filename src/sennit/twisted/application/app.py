"""``twisted.application.app``: loads an application, begins its log, starts it and runs the reactor.

What differs from one system to the next is in subclasses (`sennit.twisted.scripts.twistd_unix`).
"""

from __future__ import annotations

import getpass
import os
import pdb  # noqa: T100 - one of the things that are offered
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any, ClassVar, NoReturn

from sennit import log as logger
from sennit.app import service
from sennit.app.profiling import FlameGraph
from sennit.app.tap import is_tap_file, load_tap
from sennit.core import failure
from sennit.core.components import Componentized
from sennit.core.current import current_reactor
from sennit.log.interfaces import ILogObserver
from sennit.twisted import copyright, plugin
from sennit.twisted.application import reactors
from sennit.twisted.application import service as saved
from sennit.twisted.application.exiting import _exitWithSignal, _ISupportsExitSignalCapturing, signal_of
from sennit.twisted.application.reactors import NoSuchReactor, installReactor
from sennit.twisted.persisted import sob
from sennit.twisted.python import log, logfile, runtime, usage
from sennit.twisted.python.reflect import namedAny, namedModule, qual
from sennit.twisted.table import REACTOR

__all__ = [
    "AppLogger",
    "AppProfiler",
    "ApplicationRunner",
    "CProfileRunner",
    "ProfileRunner",
    "ReactorSelectionMixin",
    "ServerOptions",
    "_ISupportsExitSignalCapturing",
    "_exitWithSignal",
    "convertStyle",
    "fixPdb",
    "getApplication",
    "getPassphrase",
    "getSavePassphrase",
    "run",
    "runReactorWithLogging",
    "startApplication",
]


def _the_reactor() -> Any:
    """Return the process's reactor."""
    # The package's attribute is what `from twisted.internet import reactor` gives.
    package = sys.modules.get(REACTOR.rpartition(".")[0])
    return getattr(package, "reactor", None) or sys.modules.get(REACTOR) or current_reactor()


class _BasicProfiler:
    """Runs the reactor under a profiler.

    Args:
        profileOutput: The file for what was measured.
        saveStats: Whether it is saved as the profiler has it, for `pstats`, and not as text.
    """

    def __init__(self, profileOutput: str, saveStats: Any) -> None:
        self.profileOutput = profileOutput
        self.saveStats = saveStats

    def _reportImportError(self, module: str, e: BaseException) -> NoReturn:
        raise SystemExit(
            f"Failed to import module {module}: {e}\nIt is a part of Python's that is missing here."
        )

    def _measure(self, module: str, profiler: str, reactor: Any) -> None:
        try:
            room: Any = namedModule(module)
            pstats = namedModule("pstats")
        except ImportError as error:
            self._reportImportError(module, error)
        measured = getattr(room, profiler)()
        measured.runcall(reactor.run)
        if self.saveStats:
            measured.dump_stats(self.profileOutput)
            return
        with open(self.profileOutput, "w") as stream:  # noqa: PTH123 - as it was named
            pstats.Stats(measured, stream=stream).strip_dirs().sort_stats(-1).print_stats()


class ProfileRunner(_BasicProfiler):
    """Runs the reactor under Python's `profile`."""

    def run(self, reactor: Any) -> None:
        """Run the reactor, and write what was measured."""
        self._measure("profile", "Profile", reactor)


class CProfileRunner(_BasicProfiler):
    """Runs the reactor under Python's `cProfile`."""

    def run(self, reactor: Any) -> None:
        """Run the reactor, and write what was measured."""
        self._measure("cProfile", "Profile", reactor)


class _FlameRunner(_BasicProfiler):
    """Runs the reactor while its stack is sampled: the file is one that flame graphs are drawn from."""

    def run(self, reactor: Any) -> None:
        """Run the reactor, and write what was sampled."""
        with FlameGraph(self.profileOutput):
            reactor.run()


class AppProfiler:
    """Runs the reactor under the profiler that options name.

    Args:
        options: With ``savestats``, ``profile`` and ``profiler``.
    """

    profilers: ClassVar[dict[str, Any]] = {
        "profile": ProfileRunner,
        "cprofile": CProfileRunner,
        "flame": _FlameRunner,
    }
    run: Callable[[Any], None]

    def __init__(self, options: Any) -> None:
        saveStats = options.get("savestats", False)
        profileOutput = options.get("profile", None)
        self.profiler = options.get("profiler", "cprofile").lower()
        if self.profiler not in self.profilers:
            raise SystemExit(f"Unsupported profiler name: {self.profiler}")
        self.run = self.profilers[self.profiler](profileOutput, saveStats).run


class AppLogger:
    """Begins and ends an application's log.

    Args:
        options: With ``logfile`` and ``logger``.
    """

    _observer: Any = None

    def __init__(self, options: Any) -> None:
        self._logfilename = options.get("logfile", "")
        self._observerFactory = options.get("logger") or None

    def start(self, application: Any) -> None:
        """Begin to log to the observer that options name, the application has, or else to the log file.

        Args:
            application: The application.
        """
        if self._observerFactory is not None:
            observer = self._observerFactory()
        else:
            observer = application.getComponent(ILogObserver, None)
            if observer is None:
                observer = application.getComponent(log.ILogObserver, None)
            if observer is None:
                observer = self._getLogObserver()
        self._observer = observer
        if ILogObserver.providedBy(observer):
            observers = [observer]
        elif log.ILogObserver.providedBy(observer):
            observers = [logger.LegacyLogObserverWrapper(observer)]
        else:
            warnings.warn(
                "Passing a logger factory which makes log observers which do not implement "
                "twisted.logger.ILogObserver or twisted.python.log.ILogObserver to "
                "twisted.application.app.AppLogger was deprecated in Twisted 16.2. Please use a factory that "
                "produces twisted.logger.ILogObserver (or the legacy twisted.python.log.ILogObserver) "
                "implementing objects instead.",
                DeprecationWarning,
                stacklevel=2,
            )
            observers = [logger.LegacyLogObserverWrapper(observer)]
        logger.globalLogBeginner.beginLoggingTo(observers)
        self._initialLog()

    def _initialLog(self) -> None:
        reactor = _the_reactor()
        logger.Logger(namespace=qual(type(self)), source=self).info(
            "twistd {version} ({exe} {pyVersion}) starting up.",
            version=copyright.version,
            exe=sys.executable,
            pyVersion=runtime.shortPythonVersion(),
        )
        logger.Logger(namespace=qual(type(self)), source=self).info(
            "reactor class: {reactor}.", reactor=qual(reactor.__class__)
        )

    def _getLogObserver(self) -> Any:
        """Return an observer that writes to the log file, or to standard output."""
        if self._logfilename in ("-", "") or not self._logfilename:
            stream: Any = sys.stdout
        else:
            stream = logfile.LogFile.fromFullPath(self._logfilename)
        return logger.textFileLogObserver(stream)

    def stop(self) -> None:
        """Say that the server is down, and log no more."""
        logger.Logger(namespace=qual(type(self)), source=self).info("Server Shut Down.")
        if self._observer is not None:
            logger.globalLogPublisher.removeObserver(self._observer)
            self._observer = None


def fixPdb() -> None:
    """Have the debugger's commands for going on and leaving stop the reactor as they should."""

    def do_stop(self: Any, arg: str) -> int:
        self.clear_all_breaks()
        self.set_continue()
        reactor = _the_reactor()
        reactor.callLater(0, reactor.stop)
        return 1

    debugger: Any = pdb.Pdb
    debugger.do_stop = do_stop

    def help_stop(self: Any) -> None:
        print("stop - Continue execution, then cleanly shutdown the reactor.")  # noqa: T201 - a debugger's help

    debugger.help_stop = help_stop

    def set_quit(self: Any) -> None:
        os._exit(0)

    debugger.set_quit = set_quit


def _break(*_: object) -> None:
    pdb.set_trace()  # noqa: T100 - what was asked for


def runReactorWithLogging(
    config: Any, oldstdout: Any, oldstderr: Any, profiler: Any = None, reactor: Any = None
) -> None:
    """Run the reactor, under a profiler or a debugger if options say so; write a crash down.

    Args:
        config: With ``profile``, ``debug`` and ``nodaemon``.
        oldstdout: The standard output from before the log took it.
        oldstderr: The standard error from before the log took it.
        profiler: What runs the reactor if ``profile`` is set.
        reactor: The reactor; None for the process's one.
    """
    if reactor is None:
        reactor = _the_reactor()
    try:
        if config["profile"]:
            if profiler is not None:
                profiler.run(reactor)
        elif config["debug"]:
            sys.stdout, sys.stderr = oldstdout, oldstderr
            if runtime.platformType == "posix":
                signal.signal(signal.SIGUSR2, _break)
                signal.signal(signal.SIGINT, _break)
            fixPdb()
            pdb.runcall(reactor.run)
        else:
            reactor.run()
    except BaseException:
        if config["nodaemon"]:
            traceback.print_exc(file=oldstdout)
        else:
            with open("TWISTD-CRASH.log", "a") as file:  # noqa: PTH123 - where the process is
                traceback.print_exc(file=file)
                file.flush()


def getPassphrase(needed: Any) -> str | None:
    """Ask for a passphrase.

    Args:
        needed: Whether one is needed.

    Returns:
        The passphrase, or None.
    """
    return getpass.getpass("Passphrase: ") if needed else None


def getSavePassphrase(needed: Any) -> str | None:
    """Ask for a passphrase to save with, twice.

    Args:
        needed: Whether one is needed.

    Returns:
        The passphrase, or None.
    """
    if not needed:
        return None
    while True:
        first = getpass.getpass("Encryption passphrase: ")
        if first == getpass.getpass("Confirm password: "):
            return first


class ApplicationRunner:
    """Loads an application and runs it; subclasses say what happens before and after.

    Args:
        config: The `ServerOptions`.
    """

    profilerFactory: Any = AppProfiler
    loggerFactory: Any = AppLogger
    _exitSignal: int | None = None
    application: Any

    def __init__(self, config: Any) -> None:
        self.config = config
        self.profiler = self.profilerFactory(config)
        self.logger = self.loggerFactory(config)

    def run(self) -> None:
        """Run the application until the reactor stops."""
        self.preApplication()
        self.application = self.createOrGetApplication()
        self.logger.start(self.application)
        self.postApplication()
        self.logger.stop()

    def startReactor(self, reactor: Any, oldstdout: Any, oldstderr: Any) -> None:
        """Run the reactor.

        Args:
            reactor: The reactor; None for the process's one.
            oldstdout: The standard output from before the log took it.
            oldstderr: The standard error from before the log took it.
        """
        if reactor is None:
            reactor = _the_reactor()
        runReactorWithLogging(self.config, oldstdout, oldstderr, self.profiler, reactor)
        self._exitSignal = signal_of(reactor)

    def preApplication(self) -> None:
        """Do what comes before the application is loaded.

        Raises:
            NotImplementedError: If a subclass has nothing for it.
        """
        raise NotImplementedError(f"{type(self).__name__} has no preApplication().")

    def postApplication(self) -> None:
        """Start the application and run the reactor.

        Raises:
            NotImplementedError: If a subclass has nothing for it.
        """
        raise NotImplementedError(f"{type(self).__name__} has no postApplication().")

    def createOrGetApplication(self) -> Any:
        """Return the application: one made by the plug-in that was named, or else the file's."""
        if not self.config.subCommand:
            return getApplication(self.config, getPassphrase(self.config["encrypted"]))
        maker = self.config.loadedPlugins[self.config.subCommand]
        made = maker.makeService(self.config.subOptions)
        application = saved.Application(maker.tapname)
        made.setServiceParent(application)
        return application


def getApplication(config: Any, passphrase: str | None) -> Any:
    """Return the application that options name: a Python file's, a saved one, or one from a TAP file.

    Args:
        config: With ``python``, ``source`` and ``file``.
        passphrase: None: nothing is encrypted.

    Raises:
        SystemExit: If it cannot be loaded; with the reason.
    """
    style = next(each for each in ("python", "source", "file") if config[each])
    filename = config[style]
    try:
        log.msg(f"Loading {filename}...")
        if style == "file" and is_tap_file(filename):
            application: Any = _from_tap(filename)
        else:
            application = saved.loadApplication(filename, style if style != "file" else "pickle", passphrase)
        log.msg("Loaded.")
    except Exception as error:
        reason = f"Failed to load application: {error}"
        if isinstance(error, KeyError) and error.args == ("application",):
            reason += (
                f"\n{filename} has no variable named 'application': a .tac file makes one, for example with "
                "twisted.application.service.Application(), and keeps it under that name."
            )
        log.err(failure.Failure(), reason)
        raise SystemExit(f"\n{reason}\n") from None
    return application


def _from_tap(filename: str) -> Componentized:
    """Return the application that a TAP file describes."""
    makers = {maker.tapname: maker for maker in plugin.getPlugins(service.IServiceMaker)}
    tap = load_tap(filename)
    application = saved.Application(tap.name, tap.uid, tap.gid)
    tap.make_service(makers).setServiceParent(application)
    return application


def _reactorAction() -> usage.CompleteList:
    return usage.CompleteList([installer.shortName for installer in reactors.getReactorTypes()])


class ReactorSelectionMixin:
    """Options that choose the reactor."""

    compData = usage.Completions(optActions={"reactor": _reactorAction})
    messageOutput: Any = sys.stdout
    _getReactorTypes = staticmethod(reactors.getReactorTypes)

    def opt_help_reactors(self) -> NoReturn:
        """Display a list of possibly available reactor names."""
        for installer in sorted(self._getReactorTypes(), key=attrgetter("shortName")):
            self.messageOutput.write(f"    {installer.shortName:<12}\t{installer.description}\n")
        raise SystemExit(0)

    def opt_reactor(self, shortName: str) -> None:
        """Which reactor to use (see --help-reactors for a list of possibilities)."""
        try:
            installReactor(shortName)
        except NoSuchReactor:
            raise usage.UsageError(
                f"The specified reactor does not exist: '{shortName}'.\n"
                "See the list of available reactors with --help-reactors"
            ) from None
        except Exception as error:
            raise usage.UsageError(
                f"The specified reactor cannot be used, failed with error: {error}.\n"
                "See the list of available reactors with --help-reactors"
            ) from error
        self["reactor"] = shortName  # type: ignore[index]

    opt_r = opt_reactor


class ServerOptions(usage.Options, ReactorSelectionMixin):
    """The options of ``twistd`` that every system has."""

    longdesc = "twistd runs an application: a plug-in's, or one that is read from a file."

    optFlags: ClassVar[Any] = [
        ["savestats", None, "save the Stats object rather than the text output of the profiler."],
        ["no_save", "o", "do not save state on shutdown"],
        ["encrypted", "e", "The specified tap/aos file is encrypted."],
    ]
    optParameters: ClassVar[Any] = [
        ["logfile", "l", None, "log to a specified file, - for stdout"],
        [
            "logger",
            None,
            None,
            "The full name of what makes the log observer; goes before --logfile and --syslog.",
        ],
        ["profile", "p", None, "Run in profile mode, dumping results to specified file."],
        ["profiler", None, "cprofile", "Name of the profiler to use (profile, cprofile, flame)."],
        ["file", "f", "twistd.tap", "read the given .tap file"],
        ["python", "y", None, "read an application from within a Python file (implies -o)"],
        ["source", "s", None, "Read an application from a .tas file (AOT format)."],
        ["rundir", "d", ".", "Change to a supplied directory before running"],
    ]
    compData = usage.Completions(
        mutuallyExclusive=[("file", "python", "source")],
        optActions={
            "file": usage.CompleteFiles("*.tap"),
            "python": usage.CompleteFiles("*.(tac|py)"),
            "source": usage.CompleteFiles("*.tas"),
            "rundir": usage.CompleteDirs(),
        },
    )
    _getPlugins = staticmethod(plugin.getPlugins)

    def __init__(self, *a: Any, **kw: Any) -> None:
        self.loadedPlugins: dict[str, Any] = {}
        self._stdout = kw.pop("stdout", None) or sys.stdout
        super().__init__(*a, **kw)
        self["debug"] = False

    def opt_debug(self) -> None:
        """Run the application in the Python Debugger (implies nodaemon); SIGUSR2 goes into it."""
        self["debug"] = True

    opt_b = opt_debug

    def opt_spew(self) -> None:
        """Print each function that is called: for code that hangs."""
        import threading

        from sennit.twisted.python.util import spewer

        sys.settrace(spewer)
        threading.settrace(spewer)

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """Read the command line; without one, show the help.

        Args:
            options: The words after the command's name; None for those of this process.
        """
        if options is None:
            options = sys.argv[1:] or ["--help"]
        super().parseOptions(options)

    def postOptions(self) -> None:
        """Find what makes the log observer.

        Raises:
            UsageError: If it cannot be had.
        """
        if self.subCommand or self["python"]:
            self["no_save"] = True
        if self["logger"] is not None:
            try:
                self["logger"] = namedAny(self["logger"])
            except Exception as error:
                raise usage.UsageError(f"Logger '{self['logger']}' could not be imported: {error}") from error

    @property
    def subCommands(self) -> Iterable[Any]:  # type: ignore[override]
        """A sub-command for each service maker."""
        found = sorted(self._getPlugins(service.IServiceMaker), key=attrgetter("tapname"))
        self.loadedPlugins = {maker.tapname: maker for maker in found}
        for maker in found:
            yield (maker.tapname, None, lambda maker=maker: maker.options(), maker.description)


def run(runApp: Callable[[Any], Any], ServerOptions: Callable[[], Any]) -> None:
    """Read the command line and run what it says.

    Args:
        runApp: Called with the options.
        ServerOptions: Makes the options.
    """
    config = ServerOptions()
    try:
        config.parseOptions()
    except usage.error as error:
        commstr = " ".join(sys.argv[0:2])
        print(config)  # noqa: T201 - a command's help
        print(f"{commstr}: {error}")  # noqa: T201 - as above
        raise SystemExit(1) from None
    else:
        runApp(config)


def convertStyle(
    filein: str, typein: str, passphrase: str | None, fileout: str, typeout: str, encrypt: bool
) -> None:
    """Save an application as another kind of file.

    Args:
        filein: The file that it is in.
        typein: Its kind: ``"python"``, ``"pickle"`` or ``"source"``.
        passphrase: None: nothing is encrypted.
        fileout: The file to save to.
        typeout: Its kind: ``"pickle"`` or ``"source"``.
        encrypt: False, for the same reason.
    """
    application = saved.loadApplication(filein, typein, passphrase)
    persistable = sob.IPersistable(application)
    persistable.setStyle(typeout)
    persistable.save(filename=fileout, passphrase=getSavePassphrase(encrypt))  # type: ignore[arg-type]


def startApplication(application: Any, save: bool) -> None:
    """Start an application's services, and have them stopped before the reactor does.

    Args:
        application: The application.
        save: Whether to save it when the reactor stops.
    """
    reactor = _the_reactor()
    service.IService(application).startService()
    if save:
        persistable = sob.IPersistable(application)
        reactor.addSystemEventTrigger("after", "shutdown", persistable.save, "shutdown")
    reactor.addSystemEventTrigger("before", "shutdown", service.IService(application).stopService)
