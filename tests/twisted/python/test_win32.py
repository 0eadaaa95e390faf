"""Arguments quoted as Windows reads them, and the numbers of its errors."""

from __future__ import annotations

import errno
import os

import pytest

from sennit.twisted.python import win32


@pytest.mark.parametrize(
    ("argument", "quoted"),
    [
        ("plain", "plain"),
        ("", '""'),
        ("a b", '"a b"'),
        ("a\tb", '"a\tb"'),
        ('a"b', r"a\"b"),
        ("a\\", "a\\\\"),
        ("a b\\", r'"a b\\"'),
        (r"\\host\a b", r'"\\host\a b"'),
        ('a\\\\"b', 'a\\\\\\\\\\"b'),
    ],
)
def test_an_argument_is_quoted_so_that_it_is_read_back(argument, quoted):
    assert win32.cmdLineQuote(argument) == quoted


def test_a_command_line_has_its_arguments_apart():
    assert win32.quoteArguments(["copy", "my file", "C:\\"]) == 'copy "my file" C:\\\\'


def test_errors_have_the_systems_words():
    assert win32.formatError(errno.ENOENT) == os.strerror(errno.ENOENT)


@pytest.mark.parametrize("name", ["WindowsError", "FakeWindowsError"])
def test_the_old_classes_warn_and_are_errors_of_the_system(name):
    import importlib

    module = importlib.import_module(win32.__name__)
    with pytest.warns(DeprecationWarning, match=f"{name} was deprecated in Twisted 21.2.0"):
        kind = getattr(module, name)
    assert issubclass(kind, OSError)
