"""TAP files: which service to run with which options, in a file that people read and edit.

    # Run it with: sennit daemon -f web.tap
    [service]
    plugin = "web"
    name = "web"

    [options]
    path = "/var/www"
    listen = ["tcp:8080", "tcp:8443"]

The file is TOML (https://toml.io).  ``[service]`` names the plug-in; ``uid`` and ``gid`` there name the user
and the group to run as.  ``[options]`` has the plug-in's options as on its command line, in that order: text
or numbers for those with a value, true for flags, an array for one that is given several times;
``arguments`` is an array of what follows the options.  A file runs nothing but the plug-in it names, and
unlike a pickle it can hold nothing that is run.
"""

from __future__ import annotations

import getopt
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

__all__ = ["Tap", "TapError", "is_tap_file", "load_tap", "read_options"]

_LARGEST: Final = 1 << 20
_ARGUMENTS: Final = "arguments"
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+\Z")
_SERVICE: Final = {"plugin", "name", "uid", "gid"}

Value = bool | int | float | str | list[str]


class TapError(ValueError):
    """A TAP file, or the command line for one, makes no sense; the message is the whole explanation."""


@dataclass(frozen=True)
class Tap:
    """What a TAP file says.

    Attributes:
        plugin: The name of the plug-in that makes the service.
        name: The application's name.
        options: The plug-in's options, in order.
        uid: The user to run as, by number; None to stay.
        gid: The group to run as; None to stay.
    """

    plugin: str
    name: str
    options: Mapping[str, Value] = field(default_factory=dict)
    uid: int | None = None
    gid: int | None = None

    def command_line(self) -> list[str]:
        """Return the options as words of a command line."""
        words: list[str] = []
        for name, value in self.options.items():
            if name == _ARGUMENTS:
                continue
            for each in value if isinstance(value, list) else [value]:
                if each is False:
                    continue
                words.append(f"--{name}" if each is True else f"--{name}={each}")
        rest = self.options.get(_ARGUMENTS, [])
        assert isinstance(rest, list)
        return [*words, "--", *rest] if rest else words

    def parsed(self, maker: Any) -> Any:
        """Return the plug-in's options, checked.

        Args:
            maker: The `IServiceMaker`.

        Raises:
            TapError: If the plug-in refuses them.
        """
        options = maker.options()
        try:
            options.parseOptions(self.command_line())
        except SystemExit as error:
            raise TapError(f"The plug-in {self.plugin} makes no service of these options.") from error
        except Exception as error:
            raise TapError(f"The plug-in {self.plugin} refuses its options: {error}") from error
        return options

    def make_service(self, makers: Mapping[str, Any]) -> Any:
        """Return the service.

        Args:
            makers: The plug-ins, by name.

        Raises:
            TapError: If the plug-in is not there, or refuses its options.
        """
        maker = makers.get(self.plugin)
        if maker is None:
            raise TapError(f"There is no plug-in {self.plugin!r}; `sennit plugins` lists what is there.")
        return maker.makeService(self.parsed(maker))

    def write(self, path: str | Path) -> None:
        """Write the file, at once: a reader finds the old one or the new.

        Raises:
            OSError: If it cannot be written.
        """
        beside = Path(f"{path}.new")
        try:
            beside.write_text(self.text(), "utf-8")
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise

    def text(self) -> str:
        """Return the file's text."""
        lines = ["[service]", f"plugin = {_toml(self.plugin)}", f"name = {_toml(self.name)}"]
        if self.uid is not None:
            lines.append(f"uid = {self.uid}")
        if self.gid is not None:
            lines.append(f"gid = {self.gid}")
        lines += ["", "[options]"]
        lines += [f"{_key(name)} = {_toml(value)}" for name, value in self.options.items()]
        return "\n".join(lines) + "\n"


def read_options(maker: Any, words: Sequence[str]) -> dict[str, Value]:
    """Return a plug-in's command line as a TAP file has it.

    Args:
        maker: The `IServiceMaker`.
        words: The command line, without the plug-in's name.

    Raises:
        TapError: If the plug-in has no such option.
    """
    options = maker.options()
    if getattr(options, "subCommands", None):
        raise TapError(f"The plug-in {maker.tapname} has commands of its own, which a TAP file cannot hold.")
    try:
        given, rest = getopt.gnu_getopt(list(words), options.shortOpt, options.longOpt)
    except getopt.GetoptError as error:
        raise TapError(f"{error}.") from None
    found: dict[str, Value] = {}
    long_names = {each.rstrip("=") for each in options.longOpt}
    flags = {each for each in options.longOpt if not each.endswith("=")}
    for word, text in given:
        name = options.synonyms.get(word.lstrip("-"), word.lstrip("-"))
        if name not in long_names:
            raise TapError(f"The option {word} has no long name, which a TAP file needs.")
        value: Value = True if name in flags else text
        before = found.get(name)
        if before is None:
            found[name] = value
        elif isinstance(before, list):
            before.append(text)
        elif before is not True:
            found[name] = [str(before), text]
    if rest:
        found[_ARGUMENTS] = rest
    return found


def is_tap_file(path: str | Path) -> bool:
    """Return whether a file is text, and no pickle of an application as ``.tap`` files once were.

    Raises:
        OSError: If it cannot be read.
    """
    with Path(path).open("rb") as file:
        start = file.read(2048)
    return b"[service]" in start and not start.startswith(b"\x80")


def load_tap(path: str | Path) -> Tap:
    """Read a TAP file.

    Raises:
        OSError: If it cannot be read.
        TapError: If it is malformed.
    """
    with Path(path).open("rb") as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise TapError(f"{path} is larger than {_LARGEST} octets, which no TAP file is.")
    try:
        found = tomllib.loads(content.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TapError(f"{path} is no TAP file: {error}") from None
    about, options = found.pop("service", None), found.pop("options", {})
    if found or not isinstance(about, dict) or not isinstance(options, dict):
        raise TapError(f"{path} is no TAP file: it has the tables [service] and [options], and nothing else.")
    unknown = set(about) - _SERVICE
    if unknown:
        raise TapError(f"{path}: [service] has no {', '.join(sorted(unknown))}.")
    plugin = about.get("plugin")
    name = about.get("name", plugin)
    if not isinstance(plugin, str) or not plugin or not isinstance(name, str):
        raise TapError(f"{path}: [service] names the plug-in, and perhaps the application, as text.")
    for key in ("uid", "gid"):
        if not isinstance(about.get(key), int | None) or isinstance(about.get(key), bool):
            raise TapError(f"{path}: {key} is a number.")
    for key, value in options.items():
        _check(path, key, value)
    return Tap(plugin, name, options, about.get("uid"), about.get("gid"))


def _check(path: str | Path, name: str, value: object) -> None:
    if name == _ARGUMENTS and not isinstance(value, list):
        raise TapError(f"{path}: {_ARGUMENTS} is an array.")
    plain = isinstance(value, bool | int | float | str)
    listed = isinstance(value, list) and all(isinstance(each, str) for each in value)
    if not (plain or listed) or not _BARE.match(name):
        raise TapError(f"{path}: the option {name} is text, a number, true, or an array of text.")


def _key(name: str) -> str:
    return name if _BARE.match(name) else json.dumps(name)


def _toml(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    # JSON's strings are TOML's basic strings but for one character that TOML has escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
