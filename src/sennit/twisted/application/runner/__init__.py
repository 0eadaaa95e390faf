"""``twisted.application.runner``: a reactor run with a file for the process's number, and how it exits."""

from __future__ import annotations
