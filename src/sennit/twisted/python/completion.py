"""Completion of command lines by zsh, from what an `Options` class says of its options.

zsh's own completion function for these commands runs the command with its words so far and
``--_shell-completion zsh:N``, N being the number of the word to complete, and evaluates what is printed: a
call of ``_arguments``, zsh's description language for options.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from inspect import cleandoc
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sennit.twisted.python.usage import Options

__all__ = [
    "REQUEST",
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
    "complete",
    "quoted",
    "write",
]

REQUEST = "--_shell-completion"
"""The last word but one of a command line that asks for completions."""

_SPECIAL_IN_QUOTES = re.compile(r'([$"\\`])')
_SPECIAL_IN_DESCRIPTION = re.compile(r"([\[\]:])")


class Completer:
    """What a shell may offer as an option's value or an argument: by itself, nothing but a description.

    Args:
        descr: What it is.
        repeat: Whether it may be given again; for arguments.
    """

    _descr: str | None = None
    _action = ""

    def __init__(self, descr: str | None = None, repeat: bool = False) -> None:
        if descr is not None:
            self._descr = descr
        self._repeat = repeat

    def zsh(self, name: str) -> str:
        """Return what zsh is told: how often, what it is, and how to find it.

        Args:
            name: What it is, if it has no description.
        """
        return f"{'*' if self._repeat else ''}:{self.describe(name)}:{self.action(name)}"

    def describe(self, name: str) -> str:
        """Return what it is."""
        return self._descr or name

    def action(self, name: str) -> str:
        """Return how zsh finds what may be offered."""
        return self._action


class CompleteFiles(Completer):
    """Files.

    Args:
        globPattern: Which ones.
        kw: As for `Completer`.
    """

    def __init__(self, globPattern: str = "*", **kw: Any) -> None:
        super().__init__(**kw)
        self._globPattern = globPattern

    def describe(self, name: str) -> str:
        """Return what it is, and which ones."""
        return f"{super().describe(name)} ({self._globPattern})"

    def action(self, name: str) -> str:
        """Return how zsh finds the files."""
        return f'_files -g "{self._globPattern}"'


class CompleteDirs(Completer):
    """Directories."""

    _action = "_directories"


class CompleteList(Completer):
    """One of some words.

    Args:
        items: The words.
        kw: As for `Completer`.
    """

    def __init__(self, items: Iterable[Any], **kw: Any) -> None:
        super().__init__(**kw)
        self._items = items

    def action(self, name: str) -> str:
        """Return the words."""
        return f"({self._words()})"

    def _words(self) -> str:
        return " ".join(map(str, self._items))


class CompleteMultiList(CompleteList):
    """Several of some words, with commas between them."""

    def action(self, name: str) -> str:
        """Return how zsh puts the words together."""
        return f"_values -s , '{self.describe(name)}' {self._words()}"


class CompleteUsernames(Completer):
    """Users of this system."""

    _action = "_users"


class CompleteGroups(Completer):
    """Groups of this system."""

    _descr = "group"
    _action = "_groups"


class CompleteHostnames(Completer):
    """Known hosts."""

    _action = "_hosts"


class CompleteUserAtHost(Completer):
    """A host, or a user, an at sign and a host."""

    _descr = "host | user@host"
    _action = '{ if compset -P \'*@\'; then _hosts "$@"; else _hosts "$@"; _users -S @ "$@"; fi }'


class CompleteNetInterfaces(Completer):
    """Network interfaces."""

    _action = "_net_interfaces"


class Completions:
    """What a shell may offer for a command; the ``compData`` of an `Options` subclass.

    Args:
        descriptions: Descriptions by option, where they are not to be the usage message's.
        multiUse: Options that may be given again.
        mutuallyExclusive: Groups of options of which only one may be given.
        optActions: A `Completer` by option, or a function that makes it.
        extraActions: A `Completer` for each argument.
    """

    def __init__(
        self,
        descriptions: Mapping[str, str] | None = None,
        multiUse: Iterable[str] | None = None,
        mutuallyExclusive: Iterable[Sequence[str]] | None = None,
        optActions: Mapping[str, Any] | None = None,
        extraActions: Iterable[Any] | None = None,
    ) -> None:
        self.descriptions = {} if descriptions is None else descriptions
        self.multiUse = [] if multiUse is None else multiUse
        self.mutuallyExclusive = [] if mutuallyExclusive is None else mutuallyExclusive
        self.optActions = {} if optActions is None else optActions
        self.extraActions = [] if extraActions is None else extraActions


def complete(options: Options, words: Sequence[str], request: str, program: str) -> str:
    """Return what zsh is to evaluate.

    Args:
        options: The options of the command.
        words: The words after the command's name, without the request.
        request: The shell and the number of the word to complete: ``zsh:2``.
        program: The command's path.

    Raises:
        ValueError: If the request is none, or the class describes options that it does not have.
    """
    shell, _, number = request.partition(":")
    if shell != "zsh" or not number.isdecimal():
        raise ValueError(f"Completions are made for zsh, as in zsh:2; not for {request!r}.")
    current = int(number)
    name = PurePath(program).name
    place, command = _sub_command(options, words)
    if command is not None and current > place + 2:
        # The words before the sub-command are not its own.
        head = f"#compdef {name}\n\nshift {place + 1} words\n(( CURRENT -= {place + 1} ))\n\n"
        return head + _arguments(command[2](), last=True)
    text = f"#compdef {name}\n\n" + _arguments(options, last=False)
    if options.subCommands and not (words[-1:] and words[-1].startswith("-")):
        text += _sub_commands(options)
    return text


def _sub_command(options: Options, words: Sequence[str]) -> tuple[int, Sequence[Any] | None]:
    """Return where the first word that is no option is, and the sub-command that it names, if it does."""
    takes = {f"--{long[:-1]}" for long in options.longOpt if long.endswith("=")}
    takes |= {
        f"-{short}"
        for short, mark in zip(options.shortOpt, options.shortOpt[1:], strict=False)
        if mark == ":"
    }
    skip = False
    for place, word in enumerate(words):
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = word in takes
        else:
            found = (each for each in options.subCommands if word and word in (each[0], each[1]))
            return place, next(found, None)
    return len(words), None


def _arguments(options: Options, *, last: bool) -> str:
    """Return the call of ``_arguments`` for a command's options."""
    lines = [] if last or not options.subCommands else [quoted("*::subcmd:->subcmd")]
    data = _gathered(options)
    extra = list(data.extraActions)
    for place, completer in enumerate(extra):
        if completer._repeat and place + 1 < len(extra):
            raise ValueError("Only the last argument may be repeated.")
        lines.append(quoted(completer.zsh("")))
    lines += [quoted(spec) for spec in _specs(options, data)]
    return '_arguments -s -A "-*" \\\n' + "".join(f"{line} \\\n" for line in lines) + "&& return 0\n"


def _gathered(options: Options) -> Completions:
    """Return what a class and its bases say; options that they do not have are refused."""
    descriptions: dict[str, str] = {}
    actions: dict[str, Any] = {}
    multi: set[str] = set()
    exclusive: list[Sequence[str]] = []
    extra: list[Any] = []
    for base in reversed(type(options).__mro__):
        data = vars(base).get("compData", vars(base).get("completionData"))
        if data is not None:
            descriptions.update(data.descriptions)
            actions.update(data.optActions)
            multi.update(data.multiUse)
            exclusive += data.mutuallyExclusive
            extra = list(data.extraActions) or extra
    named = {*descriptions, *actions, *multi, *(name for group in exclusive for name in group)}
    unknown = sorted(named - set(options._options))
    if unknown:
        raise ValueError(f"Completions are described for options that there are not: {', '.join(unknown)}")
    return Completions(descriptions, multi, exclusive, actions, extra)


def _specs(options: Options, data: Completions) -> Iterator[str]:
    """Give what ``_arguments`` takes for each option, by each of its names."""
    for name, option in sorted(options._options.items()):
        if len(name) < 2:
            continue
        repeated = name in data.multiUse
        others = {
            other for group in data.mutuallyExclusive if name in group for other in group if other != name
        }
        description = _SPECIAL_IN_DESCRIPTION.sub(r"\\\1", _description(option, name, data))
        action = ""
        if option.takes_value:
            completer = data.optActions.get(name)
            if completer is not None and not isinstance(completer, Completer):
                completer = completer()
            action = f":{name}:_files" if completer is None else completer.zsh(name)
        names = {f"--{name}", *([f"-{option.short}"] if option.short else [])}
        excluded = names | {
            each
            for other in others
            for each in (f"--{other}", f"-{options._options[other].short}")
            if each != "-None"
        }
        for spelling in sorted(names, key=len):
            left = " ".join(sorted(excluded - {spelling}))
            before = "*" if repeated else f"({left})" if left else ""
            equals = "=" if option.takes_value and spelling.startswith("--") else ""
            yield f"{before}{spelling}{equals}[{description}]{action}"


def _description(option: Any, name: str, data: Completions) -> str:
    described = data.descriptions.get(name)
    if described is not None:
        return described
    first = cleandoc(option.doc or "").partition("\n\n")[0].replace("\n", " ").strip()
    return first or name


def _sub_commands(options: Options) -> str:
    """Return how zsh offers the sub-commands."""
    lines = [_in_double_quotes(f"{name}:{doc or name}") + "\n" for name, _, _, doc in options.subCommands]
    return (
        "local _zsh_subcmds_array\n_zsh_subcmds_array=(\n"
        + "".join(lines)
        + ')\n\n_describe "sub-command" _zsh_subcmds_array\n'
    )


def quoted(text: str) -> str:
    """Return a shell word for any text: in single quotes, or in double ones if it has single ones in it."""
    return f"'{text}'" if "'" not in text else _in_double_quotes(text)


def _in_double_quotes(text: str) -> str:
    return '"' + _SPECIAL_IN_QUOTES.sub(r"\\\1", text) + '"'


def write(options: Options, words: Sequence[str]) -> None:
    """Answer a command line that ends in a request, and end the process.

    Raises:
        SystemExit: Always, with 0.
        ValueError: As from `complete`.
    """
    text = complete(options, words[:-2], words[-1], sys.argv[0])
    file = options._shellCompFile or sys.stdout.buffer
    file.write(text.encode())
    file.flush()
    raise SystemExit(0)
