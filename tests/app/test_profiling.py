"""Stacks are counted from the outermost function in, and no more of them than there is room for."""

from __future__ import annotations

import sys

from sennit.app.profiling import FlameGraph


def test_a_stack_is_a_line_with_its_count(tmp_path):
    def inner(graph):
        graph.take(sys._getframe())
        graph.take(sys._getframe())

    path = tmp_path / "stacks"
    with FlameGraph(path, interval=3600) as graph:
        inner(graph)
    stack, _, count = path.read_text().splitlines()[0].rpartition(" ")
    assert count == "2"
    assert stack.split(";")[-1].endswith("inner")
    assert "test_a_stack_is_a_line_with_its_count" in stack.split(";")[-2]


def test_stacks_beyond_the_limit_are_counted_together():
    graph = FlameGraph("unused", limit=0)
    graph.take(sys._getframe())
    graph.take(None)
    assert graph.text() == "(other) 1\n"
