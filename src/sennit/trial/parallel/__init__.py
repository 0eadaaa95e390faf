"""Tests in several processes: workers that run them, and the pool that hands them out.

The pool loads the tests to know their names and their order; each worker loads them as well, and is told by
name which to run.  Pool and worker talk in JSON, each message with its length in front, over two pipes.
"""

from __future__ import annotations

__all__: list[str] = []
