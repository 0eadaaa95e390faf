"""Modules that have a twin in C: as they are in use here, and as they are in Python."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path

import pytest

import sennit


def twins(name):
    """Return a mark that runs a test with ``module`` in both forms, which are one where none is compiled."""
    in_use = importlib.import_module(name)
    path = Path(sennit.__file__).parent.joinpath(*name.split(".")[1:]).with_suffix(".py")
    spec = importlib.util.spec_from_file_location(f"pure_{path.stem}", path)
    pure = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pure)
    return pytest.mark.parametrize("module", [in_use, pure], ids=["in use", "pure"])
