"""What ``twist`` does: makes a plug-in's service, and runs it until the reactor stops."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from sennit.app.interfaces import IService
from sennit.twisted.application.exiting import _exitWithSignal, signal_of
from sennit.twisted.application.runner.leaving import ExitStatus, exit
from sennit.twisted.application.runner.running import Runner
from sennit.twisted.application.service import Application
from sennit.twisted.application.twist.options import TwistOptions
from sennit.twisted.python.usage import Options, UsageError

__all__ = ["Twist"]


class Twist:
    """The command ``twist``."""

    @staticmethod
    def options(argv: Sequence[str]) -> TwistOptions:
        """Read a command line.

        Args:
            argv: Its words, the command's name first.

        Raises:
            SystemExit: If it makes no sense; after saying why.
        """
        options = TwistOptions()
        try:
            options.parseOptions(argv[1:])
        except UsageError as error:
            exit(ExitStatus.EX_USAGE, f"Error: {error}\n\n{options}")
        return options

    @staticmethod
    def service(plugin: Any, options: Options) -> Any:
        """Return the service that a plug-in makes, in an application.

        Args:
            plugin: The `IServiceMaker`.
            options: Its options, parsed.
        """
        service = plugin.makeService(options)
        application = Application(plugin.tapname)
        service.setServiceParent(application)
        return IService(application)

    @staticmethod
    def startService(reactor: Any, service: Any) -> None:
        """Start a service, and stop it before the reactor does.

        Args:
            reactor: The reactor.
            service: The service.
        """
        service.startService()
        reactor.addSystemEventTrigger("before", "shutdown", service.stopService)

    @staticmethod
    def run(twistOptions: TwistOptions) -> None:
        """Run what was asked for until the reactor stops.

        Args:
            twistOptions: The options, with ``reactor``, ``logLevel``, ``logFile`` and
                ``fileLogObserverFactory``.
        """
        reactor = twistOptions["reactor"]
        Runner(
            reactor=reactor,
            defaultLogLevel=twistOptions["logLevel"],
            logFile=twistOptions["logFile"],
            fileLogObserverFactory=twistOptions["fileLogObserverFactory"],
        ).run()
        number = signal_of(reactor)
        if number is not None:
            _exitWithSignal(number)

    @classmethod
    def main(cls, argv: Sequence[str] = sys.argv) -> None:
        """Run the command.

        Args:
            argv: The command line, the command's name first.

        Raises:
            SystemExit: If it makes no sense.
        """
        options = cls.options(argv)
        assert options.subCommand is not None
        service = cls.service(options.plugins[options.subCommand], options.subOptions)
        cls.startService(options["reactor"], service)
        cls.run(options)
