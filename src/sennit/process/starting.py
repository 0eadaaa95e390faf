"""Making a process: what becomes of descriptors, terminal, user, folder and environment, then the program.

The work between the fork and the program is `subprocess`'s, in C: it closes every descriptor that was not
asked for, and in the usual case, where the child has descriptors 0, 1 and 2 and no other, it copies no memory
(``vfork``), however large this process is.

Signals that this process ignores, as under nohup(1), its children would ignore too.  So they have handlers
while the process is made, of which the program knows nothing: execve(2) leaves no handler standing.

Other maps of descriptors, and terminals, need system calls that `subprocess` has no argument for.  They are
made in the child by a function of ours, which touches nothing but descriptors and signals.  Every descriptor
to be handed on is first duplicated to a number above all those the child is to have, so that no step
overwrites what a later one needs, whatever the map.  The numbers the child is to have are taken meanwhile, so
that none of them is given to what `subprocess` opens for itself.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import signal
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, TypeAlias

__all__ = ["Argument", "start"]

Argument: TypeAlias = "str | bytes | os.PathLike[Any]"

_STANDARD = frozenset({0, 1, 2})
# Python itself ignores them, and `subprocess` sees to that they are not ignored in a child.
_RESTORED = frozenset(
    getattr(signal, name) for name in ("SIGPIPE", "SIGXFZ", "SIGXFSZ") if hasattr(signal, name)
)
_WATCHED = tuple(sorted(map(int, signal.valid_signals() - _RESTORED)))
_IGNORED = int(signal.SIG_IGN)
# In C: `signal.getsignal` makes a member of an enumeration of each answer, at ten times the cost.
_disposition: Any = getattr(sys.modules.get("_signal"), "getsignal", signal.getsignal)


def start(
    executable: Argument,
    args: Sequence[Argument],
    env: Mapping[Any, Any] | None,
    path: Argument | None,
    uid: int | None,
    gid: int | None,
    descriptors: Mapping[int, int],
    *,
    terminal: bool = False,
    process_group: int | None = None,
) -> int:
    """Start a program in a new process.

    Args:
        executable: The program.  Without a slash it is looked for where this process's PATH says, then where
            the PATH in `env` does.
        args: Its arguments, ``argv[0]`` first.
        env: Its environment; None for ours.
        path: Its working folder; None for ours.
        uid: The number of its user; None for ours.  The groups become that user's.
        gid: The number of its main group; None for the user's, or ours.
        descriptors: For each descriptor it is to have, the one of ours that it is.  It has no others.
        terminal: Whether descriptor 0 becomes the terminal that controls it, in a session of its own.
        process_group: The group of processes to put it in, 0 for a new one; None for ours.

    Returns:
        Its number.

    Raises:
        OSError: If there can be no process, or the program cannot be run.
        TypeError: If an argument is neither text, bytes nor a path.
        ValueError: If there is no ``argv[0]``, or an argument has a NUL in it.
    """
    if isinstance(args, (str, bytes)):
        raise TypeError(f"args must be a sequence of arguments, argv[0] first, not {args!r}.")
    if not args:
        raise ValueError("args must not be empty: the first is argv[0], the name the program is called by.")
    options = _identity(uid, gid)
    if process_group is not None:
        options["process_group"] = process_group
    options.update(executable=_find(executable, env), env=env, cwd=path)
    if descriptors.keys() != _STANDARD:
        with _arranged(descriptors) as arrangement:
            return _popen(args, options | arrangement)
    options.update(stdin=descriptors[0], stdout=descriptors[1], stderr=descriptors[2])
    if terminal:
        options.update(start_new_session=True, preexec_fn=_control_terminal)
    return _popen(args, options)


def _popen(args: Sequence[Argument], options: dict[str, Any]) -> int:
    ignored = _ignored_signals()
    with ExitStack() as heard:
        if ignored and ("preexec_fn" in options or not _can_be_heard(ignored)):
            options["preexec_fn"] = _listening_again(ignored, options.get("preexec_fn"))
        elif ignored:
            heard.enter_context(_heard(ignored))
        process = subprocess.Popen(list(args), **options)  # noqa: S603 -- what to run is the caller's to say
    # It was asked to start the process, and to look after nothing.
    process.returncode = 0
    return process.pid


def _ignored_signals() -> tuple[int, ...]:
    """Give the signals that this process ignores, but for those that `subprocess` sees to."""
    dispositions = [*map(_disposition, _WATCHED)]
    if _IGNORED not in dispositions:
        return ()
    return tuple(number for number, how in zip(_WATCHED, dispositions, strict=True) if how == _IGNORED)


def _can_be_heard(ignored: tuple[int, ...]) -> bool:
    """Tell whether this process may cease to ignore these for a moment."""
    # Python has handlers in the main thread only; and nobody would reap a child that exits meanwhile.
    return threading.current_thread() is threading.main_thread() and signal.SIGCHLD not in ignored


@contextmanager
def _heard(ignored: tuple[int, ...]) -> Iterator[None]:
    """Have handlers, which do nothing, for signals that this process ignores."""
    try:
        for number in ignored:
            signal.signal(number, _nothing)
        yield
    finally:
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)


def _nothing(_number: int, _frame: object) -> None:
    """Do as if the signal were ignored."""


def _listening_again(ignored: tuple[int, ...], before: Callable[[], None] | None) -> Callable[[], None]:
    """Give a function that lets the child hear what we ignore; it runs in the child."""

    def listen() -> None:
        for number in ignored:
            signal.signal(number, signal.SIG_DFL)
        if before is not None:
            before()

    return listen


def _find(executable: Argument, env: Mapping[Any, Any] | None) -> Argument:
    name = os.fsencode(executable)
    if b"/" in name:
        return executable
    for environment in (None,) if env is None else (None, env):
        for folder in os.get_exec_path(environment):
            candidate = os.path.join(os.fsencode(folder), name)  # noqa: PTH118 -- of bytes
            if os.access(candidate, os.X_OK) and os.path.isfile(candidate):  # noqa: PTH113 -- of bytes
                return candidate
    return executable


def _identity(uid: int | None, gid: int | None) -> dict[str, Any]:
    """Give the options for a child of another user or group, with the groups of that user."""
    if (uid is None or uid == os.geteuid()) and (gid is None or gid == os.getegid()):
        return {}
    user = os.geteuid() if uid is None else uid
    try:
        entry = pwd.getpwuid(user)
    except KeyError:
        if gid is None:
            raise ValueError(
                f"User {user} is not known here, so neither are its groups: say which gid it is to have."
            ) from None
        return {"user": user, "group": gid, "extra_groups": [gid]}
    group = entry.pw_gid if gid is None else gid
    return {"user": user, "group": group, "extra_groups": os.getgrouplist(entry.pw_name, group)}


def _control_terminal() -> None:
    """Make descriptor 0 the controlling terminal; runs in the child."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@contextmanager
def _arranged(descriptors: Mapping[int, int]) -> Iterator[dict[str, Any]]:
    """Give the options for a child with these descriptors; they hold while this is open."""
    beyond = max((*descriptors, *_STANDARD)) + 1
    with ExitStack() as copies:
        steps = []
        for theirs, ours in descriptors.items():
            copy = fcntl.fcntl(ours, fcntl.F_DUPFD_CLOEXEC, beyond)
            copies.callback(os.close, copy)
            steps.append((copy, theirs))
            if theirs not in _STANDARD:
                # The lowest free one from there on: if it is another, then this one is in use.
                copies.callback(os.close, fcntl.fcntl(ours, fcntl.F_DUPFD_CLOEXEC, theirs))
        absent = tuple(_STANDARD - descriptors.keys())
        yield {
            "preexec_fn": _arrangement(tuple(steps), absent),
            "pass_fds": tuple(descriptors.keys() - _STANDARD),
        }


def _arrangement(steps: tuple[tuple[int, int], ...], closed: tuple[int, ...]) -> Callable[[], None]:
    """Give the function that puts the descriptors in their places; it runs in the child."""

    def arrange() -> None:
        for copy, theirs in steps:
            os.dup2(copy, theirs)
        for theirs in closed:
            try:
                os.close(theirs)
            except OSError:
                # We had none either.
                continue

    return arrange
