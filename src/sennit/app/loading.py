"""Reading an application from a file: a Python program that makes one, or a pickle of one."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

__all__ = ["loadApplication"]

_VARIABLE = "application"


def loadApplication(filename: str, kind: str, passphrase: str | None = None) -> Any:
    """Return the application that a file makes or holds.

    Either kind of file runs whatever code it has; load only what you would run.

    Args:
        filename: The file's path.
        kind: ``"python"`` for a program that sets ``application``, ``"pickle"`` for a pickled one.
        passphrase: For encrypted files, which are not supported any more: None.

    Raises:
        KeyError: If the program does not set ``application``.
        OSError: If the file cannot be read.
        ValueError: If `kind` is neither, or there is a passphrase.
    """
    if passphrase is not None:
        raise ValueError("Encrypted application files are not supported; decrypt the file first.")
    if kind == "python":
        names: dict[str, Any] = {"__file__": filename}
        exec(compile(Path(filename).read_bytes(), filename, "exec"), names)  # noqa: S102 - what a .tac file is for
        return names[_VARIABLE]
    if kind == "pickle":
        return pickle.loads(Path(filename).read_bytes())  # noqa: S301 - said in the docstring
    raise ValueError(f"An application file is of the kind 'python' or 'pickle', not {kind!r}.")
