"""``python -m sennit.twisted``: run a program written for Twisted, as ``python`` would, on Sennit.

The program gets the ``__main__``, ``sys.argv`` and ``sys.path[0]`` that Python itself would give it; its exit
status is its own, and a traceback shows its own frames alone.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import io
import os
import sys
from types import CodeType, ModuleType, TracebackType

from sennit.twisted.finder import install

TYPE_CHECKING = False  # as in `sennit`
if TYPE_CHECKING:
    from typing import Any, NoReturn

__all__ = ["main"]

_USAGE = """\
usage: python -m sennit.twisted SCRIPT [ARGUMENT ...]
       python -m sennit.twisted -m MODULE [ARGUMENT ...]

Run a program written for Twisted on Sennit, unchanged: `import twisted` gives
Sennit's own modules. SCRIPT is a file, or a directory or zip file that has a
__main__.py; "-" reads the program from standard input.

options:
  -m MODULE   run a module by its name, as `python -m` does
  -h, --help  show this text
  --version   show the versions of Sennit and of the Twisted it stands for
"""


def main(arguments: list[str]) -> None:
    """Run what `arguments` name; return when the program does.

    Args:
        arguments: What follows ``python -m sennit.twisted`` on the command line.

    Raises:
        SystemExit: With status 2 if the arguments are wrong; or whatever the program raised.
    """
    if arguments[:1] in (["-h"], ["--help"]):
        sys.stdout.write(_USAGE)
        return
    if arguments[:1] == ["--version"]:
        from sennit.twisted.copyright import longversion

        sys.stdout.write(longversion.splitlines()[0] + "\n")
        return
    if not arguments or (arguments[0] == "-m" and len(arguments) == 1):
        _refuse("name a SCRIPT or -m MODULE")
    if arguments[0].startswith("-") and arguments[0] not in ("-", "-m"):
        _refuse(f"there is no option {arguments[0]}")
    install()
    if arguments[0] == "-m":
        sys.argv[:] = arguments[1:]
        _run_module(arguments[1])
    else:
        sys.argv[:] = arguments
        _run_script(arguments[0])


def _refuse(reason: str) -> NoReturn:
    sys.stderr.write(f"{_USAGE}\npython -m sennit.twisted: {reason}\n")
    raise SystemExit(2)


def _cannot(path: str, reason: str) -> NoReturn:
    sys.stderr.write(f"{sys.executable}: {path}: {reason}\n")
    raise SystemExit(1)


def _run_script(script: str) -> None:
    """Run a file's code, or the ``__main__`` of a directory or zip file."""
    if script == "-":
        _set_path("")
        _execute(compile(sys.stdin.read(), "<stdin>", "exec"), None, None)
        return
    if os.path.isdir(script) or (os.path.isfile(script) and script.endswith((".zip", ".pyz"))):
        _set_path(script)
        _run_module("__main__", script)
        return
    absolute = os.path.join(os.getcwd(), script)
    try:
        with io.open_code(absolute) as file:
            source = file.read()
    except OSError as error:
        sys.stderr.write(
            f"{sys.executable}: can't open file {script!r}: [Errno {error.errno}] {error.strerror}\n"
        )
        raise SystemExit(2) from None
    _set_path(os.path.dirname(os.path.realpath(script)))
    try:
        code = compile(source, absolute, "exec", dont_inherit=True)
    except SyntaxError as error:
        _end_as_python_would(error.with_traceback(None))
    _execute(code, absolute, importlib.machinery.SourceFileLoader("__main__", absolute))


def _run_module(name: str, container: str | None = None) -> None:
    """Run a module found by its name, or ``__main__`` found in `container`."""
    try:
        if container is not None:
            finder = importlib.machinery.PathFinder()
            spec = finder.find_spec(name, [container])
        else:
            spec = importlib.util.find_spec(name)
            if spec is not None and spec.submodule_search_locations is not None:
                spec = importlib.util.find_spec(name + ".__main__")
    except ModuleNotFoundError as error:
        _cannot(name, f"Error while finding the module ({error})")
    if spec is None:
        if container is not None:
            _cannot(container, "can't find '__main__' module in it")
        _cannot(name, "No module with that name, or it is a package without __main__")
    loader: Any = spec.loader
    get_code = getattr(loader, "get_code", None)
    code = None if get_code is None else get_code(spec.name)
    if not isinstance(code, CodeType):
        _cannot(name, "the module has no Python code to run")
    if spec.origin is not None and container is None:
        sys.argv[0] = spec.origin
    _execute(code, spec.origin, loader, spec if container is None else None)


def _set_path(first: str) -> None:
    """Put `first` where Python put the directory of ``-m``, unless the user asked for a safe path."""
    if not sys.flags.safe_path:
        sys.path[:1] = [first]


def _execute(
    code: CodeType, file: str | None, loader: Any, spec: importlib.machinery.ModuleSpec | None = None
) -> None:
    """Run `code` as the process's ``__main__``."""
    module = ModuleType("__main__")
    module.__loader__ = loader
    module.__spec__ = spec
    module.__package__ = None if spec is None else spec.parent
    if file is not None:
        module.__file__ = file
        module.__dict__["__cached__"] = None if spec is None else spec.cached
    module.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = module
    try:
        exec(code, module.__dict__)  # noqa: S102 (running a program is the job)
    except SystemExit:
        raise
    except BaseException as error:
        traceback = error.__traceback__
        _end_as_python_would(error.with_traceback(None if traceback is None else traceback.tb_next))


def _end_as_python_would(error: BaseException) -> NoReturn:
    """Show `error` by the program's own hook, then let it end the process silently with Python's status."""
    sys.excepthook(type(error), error, error.__traceback__)
    sys.excepthook = _say_nothing
    raise error


def _say_nothing(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """Stand in for the exception hook once it has been called."""


if __name__ == "__main__":
    main(sys.argv[1:])
