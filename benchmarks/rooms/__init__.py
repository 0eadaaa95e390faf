"""One module for each thing that is measured."""

from __future__ import annotations
