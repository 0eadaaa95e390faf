"""Command-line options as a dictionary, described by a class.

A subclass of `Options` lists its flags and parameters, or defines a method ``opt_name`` for an option that
does more.  A command line is options, then arguments; the first argument ends the options.  Long names may
be cut short as long as they are still one option's only.
"""

from __future__ import annotations

import getopt
import os
import sys
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from inspect import Parameter, cleandoc, signature
from pathlib import PurePath
from typing import Any, ClassVar, NamedTuple

from sennit.twisted.copyright import version
from sennit.twisted.python import completion
from sennit.twisted.python.completion import (
    CompleteDirs,
    CompleteFiles,
    CompleteGroups,
    CompleteHostnames,
    CompleteList,
    CompleteMultiList,
    CompleteNetInterfaces,
    Completer,
    CompleteUserAtHost,
    CompleteUsernames,
    Completions,
)
from sennit.twisted.python.reflect import accumulateClassList, addMethodNamesToDict

__all__ = [
    "CoerceParameter",
    "CompleteDirs",
    "CompleteFiles",
    "CompleteGroups",
    "CompleteHostnames",
    "CompleteList",
    "CompleteMultiList",
    "CompleteNetInterfaces",
    "CompleteUserAtHost",
    "CompleteUsernames",
    "Completer",
    "Completions",
    "Options",
    "UsageError",
    "docMakeChunks",
    "error",
    "flagFunction",
    "portCoerce",
]


class UsageError(Exception):
    """The command line is wrong; the text says how, to whoever wrote it."""


error = UsageError


class CoerceParameter:
    """Makes a parameter's text into its value.

    Args:
        options: The `Options` the value is for.
        coerce: Takes the text and returns the value, or raises ValueError.  Its attribute ``coerceDoc``,
            if it has one, is added to the parameter's description.
    """

    def __init__(self, options: Options, coerce: Callable[[str], Any]) -> None:
        self.options = options
        self.coerce = coerce
        self.doc = getattr(coerce, "coerceDoc", "")

    def dispatch(self, parameterName: str, value: str | None) -> None:
        """Set the parameter.

        Raises:
            UsageError: If the text is not that of a value, or there is none.
        """
        if value is None:
            raise UsageError(f"Parameter '{parameterName}' requires an argument.")
        try:
            coerced = self.coerce(value)
        except ValueError as reason:
            raise UsageError(f"Parameter type enforcement failed: {reason}") from reason
        self.options.opts[parameterName] = coerced


class _Option(NamedTuple):
    """One option: what it is called, says and does."""

    name: str
    short: str | None
    doc: str | None
    takes_value: bool
    default: Any
    act: Callable[[str], Any]
    coerce_doc: str = ""
    aliases: tuple[str, ...] = ()


def _as_it_is(value: str) -> str:
    return value


class Options(dict[str, Any]):
    """The options of a command, by name; describe them in a subclass.

    A subclass may have:

    - ``optFlags``: lists of name, short name or None, and description.  A flag's value is 0, or 1 if it was
      given.
    - ``optParameters``: lists of name, short name or None, default, description, and a function that makes
      the text into the value.  Later items may be left out.
    - ``subCommands``: lists of name, short name or None, `Options` subclass and description.  After parsing,
      ``subCommand`` is the name of the one given, or None, and ``subOptions`` its options.
    - methods ``opt_name(self)`` or ``opt_name(self, value)``, with a docstring for description; ``opt_n =
      opt_name`` gives it another name; its longest one is the option's.
    - ``compData``: `Completions`, for shells.
    - ``synopsis`` and ``longdesc``: text for the usage message.

    The flags and parameters of base classes are options as well.

    Attributes:
        parent: The options of the command of which this is a sub-command.
        defaultSubCommand: The name of the sub-command to take where none is given.
        subCommand: The name of the sub-command that was given.
        opts: The dictionary itself.
        defaults: The values before parsing.
        docs: The descriptions, by name.
        longOpt: The long names, as `getopt` takes them.
        shortOpt: The short names, as `getopt` takes them.
        synonyms: The name of the option that is meant, by each of its names.
    """

    subCommand: str | None = None
    defaultSubCommand: str | None = None
    parent: Options | None = None
    completionData: Completions | None = None
    subOptions: Options
    subCommands: ClassVar[Sequence[Sequence[Any]]] = ()
    # Where completions are written; None for standard output.
    _shellCompFile: ClassVar[Any] = None

    def __init__(self) -> None:
        super().__init__()
        self.opts = self
        self.defaults: dict[str, Any] = {}
        self.docs: dict[str, str | None] = {}
        self.longOpt: list[str] = []
        self.shortOpt = ""
        self.synonyms: dict[str, str] = {}
        self._options: dict[str, _Option] = {}
        for option in (*self._flags(), *self._parameters()):
            self.defaults[option.name] = option.default
            self._add(option)
        for option in self._handlers():
            self._add(option)
        self.update(self.defaults)

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)

    def _flags(self) -> Iterable[_Option]:
        listed: list[Any] = []
        accumulateClassList(self.__class__, "optFlags", listed)
        for entry in listed:
            name, short, doc = _padded(entry, 3)
            yield _Option(name, short, doc, False, 0, partial(self._set_flag, name))

    def _set_flag(self, name: str, _: str) -> None:
        self.opts[name] = 1

    def _parameters(self) -> Iterable[_Option]:
        listed: list[Any] = []
        accumulateClassList(self.__class__, "optParameters", listed)
        for entry in listed:
            name, short, default, doc, coerce = _padded(entry, 5)
            parameter = CoerceParameter(self, coerce or _as_it_is)
            yield _Option(name, short, doc, True, default, partial(parameter.dispatch, name), parameter.doc)

    def _handlers(self) -> Iterable[_Option]:
        names: dict[str, int] = {}
        addMethodNamesToDict(self.__class__, names, "opt_")
        by_function: dict[Any, list[str]] = {}
        for name in names:
            method = getattr(self, f"opt_{name}")
            by_function.setdefault(getattr(method, "__func__", method), []).append(name.replace("_", "-"))
        for own_names in by_function.values():
            own_names.sort(key=len)
            name = own_names.pop()
            method = getattr(self, f"opt_{name.replace('-', '_')}")
            is_flag = flagFunction(method, name)
            act = (lambda _, method=method: method()) if is_flag else method
            if len(name) == 1:
                for each in (name, *own_names):
                    yield _Option(each, None, method.__doc__, not is_flag, None, act)
                continue
            short = own_names.pop(0) if own_names and len(own_names[0]) == 1 else None
            yield _Option(name, short, method.__doc__, not is_flag, None, act, aliases=tuple(own_names))

    def _add(self, option: _Option) -> None:
        """Take `option` into the tables, where it may stand in for one of the same name."""
        known = self._options.get(option.name)
        if known is not None and option.short is None:
            option = option._replace(short=known.short)
        mark = option.takes_value
        for name in {option.name, option.short or option.name, *option.aliases}:
            self.synonyms[name] = option.name
            if len(name) == 1:
                self.shortOpt = self.shortOpt.replace(name + ":", "").replace(name, "") + name + ":" * mark
        if len(option.name) > 1 or option.short is not None:
            if known is not None:
                self.longOpt.remove(option.name + "=" * known.takes_value)
            self.longOpt.append(option.name + "=" * mark)
        self.longOpt += [name + "=" * mark for name in option.aliases if len(name) > 1]
        self.docs[option.name] = option.doc
        self._options[option.name] = option

    def opt_help(self) -> None:
        """Display this help and exit."""
        print(self)  # noqa: T201
        sys.exit(0)

    def opt_version(self) -> None:
        """Display Twisted version and exit."""
        print(f"Twisted version: {version}")  # noqa: T201
        sys.exit(0)

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """Take the options, arguments and sub-command of a command line.

        Args:
            options: The words of the command line; by default those of this process.

        Raises:
            UsageError: If the command line is wrong.
            SystemExit: If its last words are a shell's request for completions, which are printed.
        """
        if options is None:
            options = sys.argv[1:]
        if completion.REQUEST in options[-2:-1]:
            completion.write(self, options)
        try:
            given, args = getopt.getopt(list(options), self.shortOpt, self.longOpt)
        except getopt.error as reason:
            raise UsageError(str(reason)) from None
        for flag, value in given:
            self._options[self.synonyms[flag.lstrip("-")]].act(value)
        if self.subCommands and (args or self.defaultSubCommand is not None):
            self._parse_sub_command(args)
        else:
            self._parse_arguments(args)
        self.postOptions()

    def _parse_sub_command(self, args: list[str]) -> None:
        name, rest = (args[0], args[1:]) if args else (self.defaultSubCommand, [])
        for command, short, parser, _doc in self.subCommands:
            if name in {command, short}:
                self.subCommand = command
                self.subOptions = parser()
                self.subOptions.parent = self
                self.subOptions.parseOptions(rest)
                return
        raise UsageError(f"Unknown command: {name}")

    def _parse_arguments(self, args: list[str]) -> None:
        try:
            signature(self.parseArgs).bind(*args)
        except TypeError:
            raise UsageError("Wrong number of arguments.") from None
        self.parseArgs(*args)

    def postOptions(self) -> None:
        """Check the options once all are there: for subclasses, which may raise `UsageError`."""

    def parseArgs(self) -> None:
        """Take the arguments, one parameter for each; for subclasses."""

    def getSynopsis(self) -> str:
        """Return the first line of the usage message."""
        options = "[options]" if self.longOpt else ""
        if self.parent is None:
            default = f"Usage: {PurePath(sys.argv[0]).stem} {options}"
            return str(getattr(self, "synopsis", default)).rstrip()
        own = str(getattr(self, "synopsis", options)).rstrip()
        return f"{self.parent.getSynopsis()} {self.parent.subCommand} {own}".rstrip()

    def getUsage(self, width: int | None = None) -> str:
        """Return the usage message after its first line: options, description and sub-commands.

        Args:
            width: The width of the lines; by default what COLUMNS says in the environment, or 80.
        """
        if width is None:
            width = _terminal_width()
        text = ""
        listed = [_described(option) for option in self._options.values() if _is_shown(option)]
        if listed:
            listed.sort(key=lambda entry: entry["long"])
            text = "Options:\n" + "".join(docMakeChunks(listed, width))
        longdesc = getattr(self, "longdesc", None)
        if longdesc is None:
            longdesc = getattr(sys.modules.get("__main__"), "__doc__", None)
        if longdesc:
            text += "\n" + "\n".join(textwrap.wrap(longdesc, width)).strip() + "\n"
        if self.subCommands:
            column = max(len(command) for command, *_ in self.subCommands) + 10
            text += "Commands:\n"
            for command, _short, _parser, doc in sorted(self.subCommands, key=lambda entry: str(entry[0])):
                lines = textwrap.wrap(doc or "", max(width - column, 10)) or [""]
                text += f"    {command}".ljust(column) + f"\n{' ' * column}".join(lines) + "\n"
        return text

    def __str__(self) -> str:
        return f"{self.getSynopsis()}\n{self.getUsage()}"


def _padded(entry: Sequence[Any], length: int) -> list[Any]:
    return [*entry, *[None] * (length - len(entry))]


def _terminal_width() -> int:
    try:
        return max(int(os.environ["COLUMNS"]), 20)
    except (KeyError, ValueError):
        return 80


def _is_shown(option: _Option) -> bool:
    return len(option.name) > 1 or option.short is not None


def _described(option: _Option) -> dict[str, Any]:
    """Return what `docMakeChunks` takes of `option`."""
    return {
        "long": option.name,
        "short": None if option.short == option.name else option.short,
        "doc": option.doc,
        "optType": "parameter" if option.takes_value else "flag",
        "default": option.default if option.takes_value else None,
        "coerceDoc": option.coerce_doc,
    }


def docMakeChunks(optList: Iterable[Mapping[str, Any]], width: int = 80) -> list[str]:
    """Return the lines of a usage message for options.

    Args:
        optList: For each option ``long``, ``short`` or None, ``doc``, ``optType`` (``"flag"`` or
            ``"parameter"``) and ``default``.
        width: The width of the lines.

    Returns:
        The text for each option, which may have several lines.
    """
    entries = list(optList)
    marked = [opt["long"] + ("=" if opt.get("optType") == "parameter" else "") for opt in entries]
    column = max((len(name) for name in marked), default=0) + 10
    chunks = []
    for opt, name in zip(entries, marked, strict=True):
        short = f"-{opt['short']}, " if opt.get("short") else "    "
        doc = cleandoc(opt.get("doc") or "").rstrip()
        if opt.get("default") is not None:
            doc += f" [default: {opt['default']}]"
        if opt.get("coerceDoc"):
            doc += f". {opt['coerceDoc']}"
        lines = textwrap.wrap(doc, max(width - column, 10)) or [""]
        chunks.append(f"  {short}--{name}".ljust(column) + f"\n{' ' * column}".join(lines) + "\n")
    return chunks


def flagFunction(method: Callable[..., Any], name: str | None = None) -> bool:
    """Tell whether an option's method is that of a flag, hence takes no value.

    Raises:
        UsageError: If it takes more than one.
    """
    takes = [
        parameter
        for parameter in signature(method).parameters.values()
        if parameter.kind is not Parameter.KEYWORD_ONLY and parameter.kind is not Parameter.VAR_KEYWORD
    ]
    if len(takes) > 1:
        raise UsageError(f"Invalid Option function for {name or getattr(method, '__name__', method)}")
    return not takes


def portCoerce(value: str) -> int:
    """Return the port number that `value` is the text of.

    Raises:
        ValueError: If it is not one.
    """
    number = int(value)
    if not 0 <= number <= 65535:
        raise ValueError(f"Port number not in range: {value}")
    return number


portCoerce.coerceDoc = "Must be an int between 0 and 65535."  # type: ignore[attr-defined]
