"""The options of ``twist``: the reactor, the log, and the plug-in that is run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from sys import stderr, stdout
from typing import Any, NoReturn

from sennit.app.interfaces import IServiceMaker
from sennit.log import InvalidLogLevelError, LogLevel, jsonFileLogObserver, textFileLogObserver
from sennit.twisted.application.reactors import NoSuchReactor, getReactorTypes, installReactor
from sennit.twisted.application.runner.leaving import ExitStatus, exit
from sennit.twisted.copyright import version
from sennit.twisted.plugin import getPlugins
from sennit.twisted.python.usage import Options, UsageError
from sennit.twisted.table import REACTOR

__all__ = ["TwistOptions"]


def _names(levels: Iterable[Any]) -> str:
    return ", ".join(f'"{each}"' for each in levels)


openFile = open


class TwistOptions(Options):
    """The options of ``twist``, by their names.

    Among them are ``reactorName``, ``reactor`` (after parsing), ``logLevel``, ``logFile`` and
    ``fileLogObserverFactory``.
    """

    defaultReactorName = "default"
    defaultLogLevel = LogLevel.info

    def __init__(self) -> None:
        super().__init__()
        self["reactorName"] = self.defaultReactorName
        self["logLevel"] = self.defaultLogLevel
        self["logFile"] = stdout
        # An empty one keeps `longdesc` of the base class from being asked for.
        self.longdesc = ""
        self._describe()

    def _describe(self) -> None:
        """Say in the help which reactors and levels there are."""
        for name, text in {
            "reactor": f"The name of the reactor to use.\n(options: {_names(self._reactor_names())})",
            "log-level": "Set default log level.\n"
            f"(options: {_names(each.name for each in LogLevel.iterconstants())}; "
            f'default: "{self.defaultLogLevel.name}")',
        }.items():
            self.docs[name] = text
            self._options[name] = self._options[name]._replace(doc=text)

    @staticmethod
    def _reactor_names() -> list[str]:
        return [installer.shortName for installer in getReactorTypes()]

    def getSynopsis(self) -> str:
        """Return the line that says how it is called."""
        return f"{super().getSynopsis()} plugin [plugin_options]"

    def opt_version(self) -> NoReturn:
        """Print version and exit."""
        exit(ExitStatus.EX_OK, f"{version}")

    def opt_reactor(self, name: str) -> None:
        """The name of the reactor to use."""
        self["reactorName"] = name
        self["reactor"] = self.installReactor(name)

    def installReactor(self, name: str) -> Any:
        """Install a reactor.

        Args:
            name: What it is called.

        Returns:
            The reactor.

        Raises:
            UsageError: If there is none of that name.
        """
        if name == self.defaultReactorName:
            return import_module(REACTOR)
        try:
            return installReactor(name)
        except NoSuchReactor:
            raise UsageError(f"Unknown reactor: {name}") from None

    def opt_log_level(self, levelName: str) -> None:
        """Set default log level."""
        try:
            self["logLevel"] = LogLevel.levelWithName(levelName)
        except InvalidLogLevelError:
            raise UsageError(f"Invalid log level: {levelName}") from None

    def opt_log_file(self, fileName: str) -> None:
        """Log to file. ("-" for stdout, "+" for stderr; default: "-")."""
        if fileName == "-":
            self["logFile"] = stdout
            return
        if fileName == "+":
            self["logFile"] = stderr
            return
        try:
            self["logFile"] = openFile(fileName, "a")
        except OSError as error:
            exit(ExitStatus.EX_IOERR, f"Unable to open log file {fileName!r}: {error}")

    def opt_log_format(self, format: str) -> None:
        """Log file format. (options: "text", "json"; default: "text" on a tty, else "json")."""
        format = format.lower()
        if format == "text":
            self["fileLogObserverFactory"] = textFileLogObserver
        elif format == "json":
            self["fileLogObserverFactory"] = jsonFileLogObserver
        else:
            raise UsageError(f"Invalid log format: {format}")
        self["logFormat"] = format

    def selectDefaultLogObserver(self) -> None:
        """Choose the format of the log where none was named: for people on a terminal, else for programs."""
        if "fileLogObserverFactory" in self:
            return
        isatty: Callable[[], bool] | None = getattr(self["logFile"], "isatty", None)
        if isatty is not None and isatty():
            self["fileLogObserverFactory"] = textFileLogObserver
            self["logFormat"] = "text"
        else:
            self["fileLogObserverFactory"] = jsonFileLogObserver
            self["logFormat"] = "json"

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """Read the command line, install the reactor and choose the format of the log.

        Args:
            options: The words after the command's name; None for those of this process.
        """
        super().parseOptions(options)
        self.selectDefaultLogObserver()
        if "reactor" not in self:
            self["reactor"] = self.installReactor(self["reactorName"])

    @property
    def plugins(self) -> Mapping[str, Any]:
        """The service makers, by the names they are asked for by."""
        if "plugins" not in self:
            self["plugins"] = {maker.tapname: maker for maker in getPlugins(IServiceMaker)}
        found: Mapping[str, Any] = self["plugins"]
        return found

    @property
    def subCommands(self) -> Iterable[Any]:  # type: ignore[override]
        """A sub-command for each service maker."""
        for name, maker in sorted(self.plugins.items()):
            yield (name, None, lambda maker=maker: maker.options(), maker.description)

    def postOptions(self) -> None:
        """Refuse a command line without a plug-in.

        Raises:
            UsageError: If none was named.
        """
        super().postOptions()
        if self.subCommand is None:
            raise UsageError("No plugin specified.")
