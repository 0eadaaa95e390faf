"""Options of command lines that make checkers, and the checkers that Twisted plugins offer."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, ClassVar, NoReturn, TextIO

from sennit.cred import strcred
from sennit.cred.interfaces import ICheckerFactory
from sennit.twisted.plugin import getPlugins
from sennit.twisted.python import usage

__all__ = ["AuthOptionMixin", "notSupportedWarning"]

notSupportedWarning = "WARNING: This authType is not supported by this application."


def _from_plugins() -> Iterator[Any]:
    yield from getPlugins(ICheckerFactory)


strcred.add_factory_source(_from_plugins)


class AuthOptionMixin:
    """Gives `usage.Options` the options ``--auth``, ``--help-auth`` and ``--help-auth-type``.

    What was asked for is found in the options ``credCheckers``, a list, and ``credInterfaces``, a list of the
    checkers for each interface.

    Attributes:
        supportedInterfaces: The credentials that the program works with; None for all.
        authOutput: Where help is written.
    """

    supportedInterfaces: ClassVar[Any] = None
    authOutput: TextIO = sys.stdout

    def supportsInterface(self, interface: Any) -> bool:
        """Say whether the program works with a kind of credentials."""
        return self.supportedInterfaces is None or any(
            each.isOrExtends(interface) for each in self.supportedInterfaces
        )

    def supportsCheckerFactory(self, factory: Any) -> bool:
        """Say whether the program works with any of the credentials that a kind of checker checks."""
        return any(self.supportsInterface(each) for each in factory.credentialInterfaces)

    def addChecker(self, checker: Any) -> None:
        """Add a checker to the options.

        Raises:
            UnsupportedInterfaces: If the program works with none of its credentials.
        """
        supported = [each for each in checker.credentialInterfaces if self.supportsInterface(each)]
        if not supported:
            raise strcred.UnsupportedInterfaces(checker.credentialInterfaces)
        options: Any = self
        by_interface = options.setdefault("credInterfaces", {})
        for interface in supported:
            by_interface.setdefault(interface, []).append(checker)
        options.setdefault("credCheckers", []).append(checker)

    def opt_auth(self, description: str) -> None:
        """Specify an authentication method for the server."""
        try:
            self.addChecker(strcred.makeChecker(description))
        except strcred.UnsupportedInterfaces as error:
            names = ", ".join(f"{each.__module__}.{each.__name__}" for each in error.args[0])
            raise usage.UsageError(f"Auth plugin not supported: {names}") from error
        except strcred.InvalidAuthType as error:
            raise usage.UsageError(f"Auth plugin not recognized: {error.args[0]}") from error
        except Exception as error:
            raise usage.UsageError(f"Unexpected error: {error}") from error

    def opt_help_auth(self) -> NoReturn:
        """Show all authentication methods available."""
        kinds = self._checkerFactoriesForOptHelpAuth()
        rows = [(factory.authType, factory.argStringFormat) for factory in kinds]
        width = max(len(kind) for kind, _ in [*rows, ("AuthType", "")])
        heads = [("AuthType", "ArgString format"), ("========", "================")]
        table = "".join(f"  {kind:<{width}}  {text}\n" for kind, text in heads + rows)
        self.authOutput.write(
            f"Usage: --auth AuthType[:ArgString]\nFor detailed help: --help-auth-type AuthType\n\n{table}\n"
        )
        raise SystemExit(0)

    def _checkerFactoriesForOptHelpAuth(self) -> list[Any]:
        """Return the kinds to list: those that the program can work with, by name, each once."""
        by_name: dict[str, Any] = {}
        for factory in strcred.findCheckerFactories():
            if self.supportsCheckerFactory(factory):
                by_name.setdefault(factory.authType, factory)
        return [by_name[name] for name in sorted(by_name)]

    def opt_help_auth_type(self, authType: str) -> NoReturn:
        """Show help for a particular authentication type."""
        try:
            factory = strcred.findCheckerFactory(authType)
        except strcred.InvalidAuthType as error:
            raise usage.UsageError(f"Invalid auth type: {authType}") from error
        text = "".join(f"  {line}\n" for line in factory.authHelp.strip().splitlines())
        warning = "" if self.supportsCheckerFactory(factory) else f"  {notSupportedWarning}\n\n"
        self.authOutput.write(
            f"Usage: --auth {authType}[:ArgString]\nArgString format: {factory.argStringFormat}\n\n"
            f"{text}\n{warning}"
        )
        raise SystemExit(0)
