"""Small classes and functions that programs take from ``twisted.python.util``."""

from __future__ import annotations

import errno
import getpass
import grp
import os
import pwd
import sys
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from pathlib import Path
from types import FunctionType
from typing import Any, AnyStr, ClassVar, ParamSpec, Self, TypeVar

__all__ = [
    "FancyEqMixin",
    "FancyStrMixin",
    "InsensitiveDict",
    "IntervalDifferential",
    "LineLog",
    "OrderedDict",
    "addPluginDir",
    "getPassword",
    "getPluginDirs",
    "gidFromString",
    "initgroups",
    "makeStatBar",
    "mergeFunctionMetadata",
    "nameToLabel",
    "padTo",
    "println",
    "raises",
    "runAsEffectiveUser",
    "runWithWarningsSuppressed",
    "searchupwards",
    "setgroups",
    "sibpath",
    "spewer",
    "switchUID",
    "uidFromString",
    "uniquify",
    "untilConcludes",
]

_P = ParamSpec("_P")
_T = TypeVar("_T")
_ABSENT = object()

setgroups = os.setgroups


class FancyEqMixin:
    """Equality by the attributes named in ``compareAttributes``."""

    compareAttributes: ClassVar[Sequence[str]] = ()

    def __eq__(self, other: object) -> bool:
        if not self.compareAttributes:
            return self is other
        if not isinstance(self, other.__class__):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.compareAttributes)

    __hash__ = None  # type: ignore[assignment]


class FancyStrMixin:
    """A string form that shows the attributes named in ``showAttributes``.

    An entry is a name; or a name and a function that gives the text; or a name, a label and a ``%`` format.
    ``fancybasename`` replaces the class's name.
    """

    showAttributes: ClassVar[Sequence[str | tuple[str, str, str] | tuple[str, Callable[[Any], str]]]] = ()

    def __str__(self) -> str:
        parts = [getattr(self, "fancybasename", type(self).__name__)]
        for entry in self.showAttributes:
            if isinstance(entry, str):
                parts.append(f"{entry}={getattr(self, entry)!r}")
            elif len(entry) == 2:
                parts.append(f"{entry[0]}={entry[1](getattr(self, entry[0]))}")
            else:
                parts.append(f"{entry[1]}={entry[2] % (getattr(self, entry[0]),)}")
        return f"<{' '.join(parts)}>"

    __repr__ = __str__


class InsensitiveDict(MutableMapping[Any, Any]):
    """A mapping in which the case of keys, strings or bytes, makes no difference.

    Args:
        dict: What to begin with.
        preserve: Whether the keys keep the case that they were given in.
    """

    def __init__(self, dict: Mapping[Any, Any] | None = None, preserve: int = 1) -> None:
        self.data: Any = {}
        self.preserve = preserve
        if dict:
            self.update(dict)

    @staticmethod
    def _fold(key: Any) -> Any:
        return key.lower() if isinstance(key, str | bytes) else key

    def __getitem__(self, key: Any) -> Any:
        return self.data[self._fold(key)][1]

    def __setitem__(self, key: Any, value: Any) -> None:
        folded = self._fold(key)
        self.data[folded] = (key if self.preserve else folded, value)

    def __delitem__(self, key: Any) -> None:
        del self.data[self._fold(key)]

    def __iter__(self) -> Iterator[Any]:
        return (key for key, _ in self.data.values())

    def __len__(self) -> int:
        return len(self.data)

    def __contains__(self, key: object) -> bool:
        return self._fold(key) in self.data

    def __repr__(self) -> str:
        return f"InsensitiveDict({{{', '.join(f'{key!r}: {value!r}' for key, value in self.items())}}})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        theirs = other if isinstance(other, InsensitiveDict) else InsensitiveDict(other)
        return {k: v for k, (_, v) in self.data.items()} == {k: v for k, (_, v) in theirs.data.items()}

    __hash__ = None  # type: ignore[assignment]

    def has_key(self, key: Any) -> bool:
        """Return whether `key` is there."""
        return key in self

    def keys(self) -> list[Any]:  # type: ignore[override]  # as ever there
        """Return the keys."""
        return list(self)

    def values(self) -> list[Any]:  # type: ignore[override]
        """Return the values."""
        return [value for _, value in self.data.values()]

    def items(self) -> list[tuple[Any, Any]]:  # type: ignore[override]
        """Return the keys, each with its value."""
        return list(self.data.values())

    def iterkeys(self) -> Iterator[Any]:
        """Return the keys."""
        return iter(self)

    def itervalues(self) -> Iterator[Any]:
        """Return the values."""
        return iter(self.values())

    def iteritems(self) -> Iterator[tuple[Any, Any]]:
        """Return the pairs."""
        return iter(self.items())

    def copy(self) -> InsensitiveDict:
        """Return a copy."""
        return InsensitiveDict(self, self.preserve)

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the value of `key`, or `default`."""
        return super().get(key, default)

    def pop(self, key: Any, default: Any = _ABSENT) -> Any:
        """Take out `key` and return its value, or `default` if that is given."""
        if default is not _ABSENT and key not in self:
            return default
        value = self[key]
        del self[key]
        return value

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """Return the value of `key`, after setting it to `default` if there is none."""
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, dict: Any = (), **more: Any) -> None:  # type: ignore[override]
        """Set all keys and values of `dict`."""
        super().update(dict, **more)


class LineLog:
    """The latest lines.

    Args:
        size: How many lines to keep.
    """

    def __init__(self, size: int = 10) -> None:
        size = max(size, 0)
        self.log: list[bytes | None] = [None] * size
        self.size = size

    def append(self, line: bytes) -> None:
        """Add a line; the oldest falls off."""
        if self.size:
            self.log[:-1] = self.log[1:]
            self.log[-1] = line
        else:
            self.log.append(line)

    def str(self) -> bytes:
        """Return the lines, joined by newlines."""
        return bytes(self)

    def __bytes__(self) -> bytes:
        return b"\n".join(line for line in self.log if line)

    def __getitem__(self, item: Any) -> Any:
        return [line for line in self.log if line][item]

    def clear(self) -> None:
        """Forget all lines."""
        self.log = [None] * self.size


class IntervalDifferential:
    """The steps from one event to the next when several run at different intervals.

    Iteration yields pairs: how long to wait, and the index of the interval that then ends.

    Args:
        intervals: The intervals.
        default: The step, with the index None, if there are no intervals.
    """

    def __init__(self, intervals: Iterable[float], default: float = 60) -> None:
        self.intervals = list(intervals)
        self.default = default

    def __iter__(self) -> _Steps:
        return _Steps(self.intervals, self.default)


class _Steps:
    """The steps of an `IntervalDifferential`; intervals may come and go between them.

    Args:
        intervals: The intervals.
        default: The step if there are none.
    """

    def __init__(self, intervals: Iterable[float], default: float) -> None:
        self._default = default
        self._now: float = 0
        # When each ends next, and how long it is, by its index.
        self._ends = [(interval, interval) for interval in intervals]

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> tuple[float, int | None]:
        if not self._ends:
            return self._default, None
        index = min(range(len(self._ends)), key=lambda index: self._ends[index][0])
        end, interval = self._ends[index]
        step, self._now = end - self._now, end
        self._ends[index] = (end + interval, interval)
        return step, index

    def addInterval(self, i: float) -> None:
        """Have another interval, which begins now."""
        self._ends.append((self._now + i, i))

    def removeInterval(self, interval: float) -> None:
        """Take an interval out; those after it have lower indexes then.

        Raises:
            ValueError: If there is no such interval.
        """
        del self._ends[[each for _, each in self._ends].index(interval)]


def sibpath(path: os.PathLike[AnyStr] | AnyStr, sibling: os.PathLike[AnyStr] | AnyStr) -> AnyStr:
    """Return the path of `sibling` in the directory of the file `path`."""
    directory = os.path.dirname(os.path.abspath(path))  # noqa: PTH100, PTH120 (bytes stay bytes)
    return os.path.join(directory, sibling)  # noqa: PTH118


def uniquify(lst: Iterable[_T]) -> list[_T]:
    """Return the elements in order, each once."""
    return list(dict.fromkeys(lst))


def padTo(n: int, seq: Sequence[Any], default: Any = None) -> list[Any]:
    """Return `seq` as a list of `n` elements, filled up with `default`.

    Raises:
        ValueError: If there are more than `n` already.
    """
    if len(seq) > n:
        raise ValueError(f"{len(seq)} elements is more than {n}.")
    return [*seq, *[default] * (n - len(seq))]


def nameToLabel(mname: str) -> str:
    """Return a name in mixed case as words: ``fooBar`` is ``Foo Bar``."""
    words: list[str] = []
    word = ""
    for index, char in enumerate(mname):
        following = mname[index + 1 : index + 2]
        if word and char.isupper() and (not word[-1].isupper() or following.islower()):
            words.append(word)
            word = ""
        word += char
    words.append(word)
    return " ".join(each[:1].upper() + each[1:] for each in words)


def makeStatBar(
    width: int, maxPosition: float, doneChar: str = "=", undoneChar: str = "-", currentChar: str = ">"
) -> Callable[[float], str]:
    """Make a function that draws how far something has come.

    Args:
        width: How many places there are from start to end.
        maxPosition: The position at the end.
        doneChar: Drawn for what is done.
        undoneChar: Drawn for what is left.
        currentChar: Drawn at the position.

    Returns:
        The function: given a position, it returns the drawing.
    """

    def statBar(position: float, force: int = 0, last: Sequence[str] = ("",)) -> str:
        del force, last
        done = int(position * width / maxPosition)
        return f"[{doneChar * done}{currentChar}{undoneChar * (width - done - 2)}]"

    return statBar


def mergeFunctionMetadata(f: Any, g: Any) -> Any:
    """Give `g` the name, docstring, module and attributes of `f`, as far as it takes them; return `g`."""
    for name in ("__name__", "__doc__", "__module__"):
        try:
            setattr(g, name, getattr(f, name))
        except (AttributeError, TypeError):
            continue
    if isinstance(g, FunctionType) or hasattr(g, "__dict__"):
        g.__dict__.update(getattr(f, "__dict__", {}))
    return g


def searchupwards(start: str, files: Sequence[str] = (), dirs: Sequence[str] = ()) -> str | None:
    """Walk from `start` towards the root for a directory that has all the given files and directories.

    Args:
        start: Where to begin.
        files: Names of files.
        dirs: Names of directories.

    Returns:
        The directory's path, with a slash at its end; or None.
    """
    first = Path(start).absolute()
    for directory in (first, *first.parents):
        fits = all((directory / name).is_file() for name in files)
        if fits and all((directory / name).is_dir() for name in dirs):
            return os.path.join(directory, "")  # noqa: PTH118 (the slash at the end)
    return None


def println(*a: Any) -> None:
    """Write the arguments to standard output as a line."""
    sys.stdout.write(" ".join(map(str, a)) + "\n")


def raises(exception: type[BaseException], f: Callable[..., Any], *args: Any, **kwargs: Any) -> int:
    """Call `f`; return 1 if it raises `exception`, 0 if it raises nothing; other exceptions pass."""
    try:
        f(*args, **kwargs)
    except exception:
        return 1
    return 0


def untilConcludes(f: Callable[_P, _T], *a: _P.args, **kw: _P.kwargs) -> _T:
    """Call `f` again as long as a signal interrupts it; return its result."""
    while True:
        try:
            return f(*a, **kw)
        except OSError as error:
            # One that is made with the number alone has it nowhere else.
            if error.args[:1] != (errno.EINTR,):
                raise


def runWithWarningsSuppressed(
    suppressedWarnings: Iterable[tuple[tuple[Any, ...], dict[str, Any]]],
    f: Callable[..., Any],
    *args: Any,
    **kwargs: Any,
) -> Any:
    """Call `f` with some warnings filtered away.

    Args:
        suppressedWarnings: The arguments, as pairs of a tuple and a dictionary, of `warnings.filterwarnings`.
        f: What to call; if it returns a Deferred, the filters stay until that fires.
        *args: Its positional arguments.
        **kwargs: Its keyword arguments.

    Returns:
        What `f` returns.
    """
    suppressor = warnings.catch_warnings()
    suppressor.__enter__()
    for filter_args, filter_kwargs in suppressedWarnings:
        warnings.filterwarnings(*filter_args, **filter_kwargs)
    try:
        result = f(*args, **kwargs)
    except BaseException:
        suppressor.__exit__(None, None, None)
        raise

    def end(value: Any) -> Any:
        suppressor.__exit__(None, None, None)
        return value

    if hasattr(result, "addBoth"):
        return result.addBoth(end)
    return end(result)


def uidFromString(uidString: str) -> int:
    """Return the user number that a string gives, in digits or by name.

    Raises:
        KeyError: If there is no such user.
    """
    try:
        return int(uidString)
    except ValueError:
        return pwd.getpwnam(uidString).pw_uid


def gidFromString(gidString: str) -> int:
    """Return the group number that a string gives, in digits or by name.

    Raises:
        KeyError: If there is no such group.
    """
    try:
        return int(gidString)
    except ValueError:
        return grp.getgrnam(gidString)[2]


def initgroups(uid: int, primaryGid: int | None) -> None:
    """Give the process all groups of the user `uid`, and `primaryGid` or its own; needs privileges.

    A user that the system does not know by name, as may be after a change of the root, has the one group.
    """
    group = os.getegid() if primaryGid is None else primaryGid
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        os.setgroups([group])
    else:
        os.initgroups(name, group)


def switchUID(uid: int | None, gid: int | None, euid: bool = False) -> None:
    """Become another user and group.

    Args:
        uid: The user's number, or None to stay.
        gid: The group's number, or None to stay.
        euid: Whether only the effective user and group change.
    """
    current = os.geteuid() if euid else os.getuid()
    call = "seteuid" if euid else "setuid"
    if uid is not None and uid == current:
        warnings.warn(
            f"tried to drop privileges and {call} {uid} but {call[3:]} is already {uid}; "
            "should we be root? Continuing.",
            stacklevel=1,
        )
        uid = None
    if gid is not None:
        (os.setegid if euid else os.setgid)(gid)
    if uid is not None:
        initgroups(uid, gid)
        (os.seteuid if euid else os.setuid)(uid)


def runAsEffectiveUser(euid: int, egid: int, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call `function` as another effective user and group, and change back.

    Args:
        euid: The user's number.
        egid: The group's number.
        function: What to call.
        *args: Its positional arguments.
        **kwargs: Its keyword arguments.

    Returns:
        What `function` returns.
    """
    user, group = os.geteuid(), os.getegid()
    if (user, group) == (euid, egid):
        return function(*args, **kwargs)
    _become(euid, egid, user, group)
    try:
        return function(*args, **kwargs)
    finally:
        _become(user, group, euid, egid)


def _become(euid: int, egid: int, user: int, group: int) -> None:
    """Change from one effective user and group to others: by way of root, who alone may."""
    if user != 0:
        os.seteuid(0)
    if group != egid:
        os.setegid(egid)
    if euid != 0:
        os.seteuid(euid)


def getPassword(
    prompt: str = "Password: ",
    confirm: int = 0,
    forceTTY: int = 0,
    confirmPrompt: str = "Confirm password: ",
    mismatchMessage: str = "Passwords don't match.",
) -> str:
    """Ask for a password; without a terminal, read it from standard input.

    Args:
        prompt: What to show.
        confirm: Whether to ask twice until both are the same.
        forceTTY: Whether standard input may be used only if it is a terminal.
        confirmPrompt: What to show the second time.
        mismatchMessage: What to show when the two differ.

    Returns:
        The password.

    Raises:
        RuntimeError: If `forceTTY` is true and there is no terminal.
    """
    if not sys.stdin.isatty():
        if forceTTY:
            raise RuntimeError("Cannot obtain a TTY")
        return sys.stdin.readline().rstrip("\n")
    while True:
        first = getpass.getpass(prompt)
        if not confirm or first == getpass.getpass(confirmPrompt):
            return first
        println(mismatchMessage)


def spewer(frame: Any, s: str, ignored: Any) -> None:
    """Write each call: a function for `sys.setprofile`.

    Args:
        frame: The frame.
        s: The event.
        ignored: Not used.
    """
    del ignored
    if s != "call":
        return
    if "self" in frame.f_locals:
        owner = frame.f_locals["self"]
        name = f"{type(owner).__module__}.{type(owner).__name__} {id(owner):x}"
        println(f"method {frame.f_code.co_name} of {name}")
    else:
        println(f"function {frame.f_code.co_name} in {frame.f_code.co_filename}, line {frame.f_lineno}")


def getPluginDirs() -> list[str]:
    """Return the ``plugins`` directories beside the packages, and beside the running program."""
    homes = [Path(__file__).parent.parent, Path(sys.argv[0]).absolute().parent]
    return [str(home / "plugins") for home in homes if (home / "plugins").is_dir()]


def addPluginDir() -> None:
    """Let imports find what is in the plugin directories."""
    sys.path.extend(getPluginDirs())
