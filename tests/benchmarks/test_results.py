"""What a run leaves behind: a document, a history, and a plot."""

from __future__ import annotations

import json

import pytest

from benchmarks import plot, results
from benchmarks.harness import Options, Result


def result(ratio, name="case", **more):
    return Result(name, "twisted", "/s", [ratio, ratio * 1.01, ratio / 1.01], [1.0] * 3, room="room", **more)


@pytest.fixture(autouse=True)
def versions(monkeypatch):
    monkeypatch.setattr(results, "version", lambda peer: {"twisted": "26.10.0"}.get(peer, ""))


def test_a_document_gives_back_its_results():
    measured = [result(2.0, floor=1.5), Result("start", "", "ms", [3.0, 5.0, 4.0], floor=5.0, room="startup")]
    found = json.loads(json.dumps(results.document(measured, Options(3, 0.5), 1.25)))
    assert [each.data() for each in results.results_of(found)] == found["results"]
    assert [each["verdict"] for each in found["results"]] == ["pass", "pass"]
    assert found["results"][1]["ratio"] is None
    assert (found["rounds"], found["seconds"], found["load"]) == (3, 0.5, 1.2)
    assert found["core"] in {"compiled", "pure"}
    assert found["versions"] == {"twisted": "26.10.0"}


def test_a_result_is_told_by_its_medians():
    assert result(2.0).ratio == 2.0
    assert result(2.0).figure == 2.0
    assert result(2.0).key == "room/case//s/twisted"


def test_a_machine_is_told_by_its_kind_alone():
    words = results.describe(results.machine())
    assert "Python" in words
    assert results.platform.node() not in words.split()


def test_each_run_is_a_line_of_the_machines_history(tmp_path):
    options = Options(1, 1.0)
    first = results.document([result(2.0)], options)
    assert results.keep(first, tmp_path) is None
    other = results.document([result(5.0, "another")], options)
    assert results.keep(other, tmp_path) is None
    earlier = results.keep(results.document([result(3.0)], options), tmp_path)
    assert earlier["rows"] == {"room/case//s/twisted": [2.0, 2.0]}
    (history,) = tmp_path.glob("history-*.jsonl")
    assert len(history.read_text().splitlines()) == 3
    assert results.results_of(results.read(tmp_path / "latest.json"))[0].ratio == 3.0


def test_another_machine_has_another_history(tmp_path):
    found = results.document([result(2.0)], Options(1, 1.0))
    results.keep(found, tmp_path)
    found["machine"]["processors"] += 1
    assert results.keep(found, tmp_path) is None
    assert len(list(tmp_path.glob("history-*.jsonl"))) == 2


@pytest.mark.parametrize(("now", "told"), [(2.1, False), (2.3, True), (1.7, True)])
def test_a_ratio_that_changes_by_more_than_a_tenth_is_told(now, told):
    earlier = {"rows": {"room/case//s/twisted": [2.0, 2.0]}}
    lines = results.changes(earlier, [result(now), result(9.0, "unknown")])
    assert lines == ([f"room: case: 2.00 x twisted became {now:.2f} x"] if told else [])


def test_a_ratio_that_was_once_inside_the_spread_of_today_has_not_changed():
    now = Result("case", "twisted", "/s", [1.9, 3.0, 4.0], [1.0] * 3, room="room")
    assert results.changes({"rows": {"room/case//s/twisted": [2.0, 2.0]}}, [now]) == []
    assert len(results.changes({"rows": {"room/case//s/twisted": [1.8, 1.8]}}, [now])) == 1


def test_what_was_skipped_or_has_no_peer_is_not_compared(tmp_path):
    measured = [
        Result("start", "", "ms", [3.0], room="room"),
        Result("x", "", "", [], note="skipped", room="room"),
    ]
    results.keep(results.document(measured, Options(1, 1.0)), tmp_path)
    (history,) = tmp_path.glob("history-*.jsonl")
    earlier = json.loads(history.read_text())
    assert earlier["rows"] == {"room/start/ms": [3.0, None]}
    assert results.changes(earlier, measured) == []


def test_the_plot_is_the_same_for_the_same_figures(tmp_path):
    pytest.importorskip("matplotlib")
    measured = [
        result(2.0, floor=3.0),
        result(3.0, "other"),
        Result("peerless", "", "ms", [3.0], room="room"),
    ]
    drawn = [plot.draw(measured, tmp_path / name / "latest", "a machine") for name in ("one", "two")]
    assert [path.suffix for path in drawn[0]] == [".png", ".svg"]
    assert drawn[0][0].read_bytes().startswith(b"\x89PNG")
    svg = [path[1].read_text() for path in drawn]
    assert svg[0] == svg[1]
    assert "room: other, /s" in svg[0]
    assert "by twisted" in svg[0]
    assert "peerless" not in svg[0]


def test_without_ratios_or_without_matplotlib_there_is_no_plot(tmp_path, monkeypatch, capsys):
    assert plot.draw([Result("start", "", "ms", [3.0])], tmp_path / "x", "") == []
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.backends.backend_agg", None)
    assert plot.draw([result(2.0)], tmp_path / "x", "") == []
    assert "needs matplotlib" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
