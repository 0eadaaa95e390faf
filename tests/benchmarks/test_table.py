"""The table in the documentation is made of results, and says where a floor is missed."""

from __future__ import annotations

import sys

import pytest

from benchmarks import results, table
from benchmarks.harness import Options, Result


def result(peer, ratio, room="tcp_echo", name="64 B", floor=None, **more):
    return Result(name, peer, "msg/s", [3000.0], [3000.0 / ratio], floor, room=room, **more)


def document(*measured):
    found = results.document(measured, Options(3, 0.5))
    return {**found, "versions": {}, "commit": "0123456"}


@pytest.fixture(autouse=True)
def versions(monkeypatch):
    monkeypatch.setattr(results, "version", lambda peer: "")


def rows(found):
    return [line for line in table.render(found).splitlines() if line.startswith("| `")]


def test_a_row_holds_twisted_and_the_best_peer_in_python():
    found = document(result("twisted", 3.0, floor=2.0), result("uvloop", 1.1), result("trio", 2.5))
    assert rows(found) == ["| `tcp_echo` 64 B | 3,000 msg/s | 3.00 | 1.10 uvloop |  |  |"]


def test_a_missed_floor_stands_out_and_is_listed():
    found = document(result("twisted", 1.5, floor=2.0), result("node", 0.8), result("limit", 0.95, floor=0.9))
    assert rows(found) == ["| `tcp_echo` 64 B | 3,000 msg/s | **1.50** |  | 0.80 | 0.95 |"]
    text = table.render(found)
    assert "1 of 2 figures with a floor reach it by the median. For 0 of these, and 0 of those" in text
    assert "- `tcp_echo` 64 B, msg/s: 1.50 (1.50 to 1.50) by twisted, at least 2" in text


def test_a_missed_floor_inside_the_spread_is_listed_apart_and_still_counted_as_missed():
    def rounds(name, *ratios):
        return Result(name, "twisted", "/s", ratios, [1.0] * len(ratios), 2.0, room="room")

    found = document(
        rounds("clear", 1.7, 1.8, 1.9), rounds("near", 1.8, 1.9, 2.1), rounds("good", 1.9, 2.1, 2.2)
    )
    text = table.render(found)
    assert "1 of 3 figures with a floor reach it by the median. For 1 of these, and 1 of those below" in text
    clear, near = text.partition("Below their floor:\n")[2].split("Below their floor, but within the noise")
    assert "clear, /s: 1.80 (1.70 to 1.90)" in clear
    assert "near, /s: 1.90 (1.80 to 2.10)" in near
    assert "good" not in clear + near


def test_a_figure_that_is_another_beside_each_peer_is_told_from_the_least_to_the_most():
    found = document(
        result("twisted", 3.0), Result("64 B", "trio", "msg/s", [1500.0], [1000.0], room="tcp_echo")
    )
    assert rows(found) == ["| `tcp_echo` 64 B | 1,500 to 3,000 msg/s | 3.00 | 1.50 trio |  |  |"]


def test_a_loop_that_was_chosen_is_told():
    found = document(result("twisted", 2.0))
    assert "on the loop" not in table.render(found)
    assert "core on the loop `asyncio`," in table.render({**found, "loop": "asyncio"})


def test_other_peers_stand_beside_the_name():
    found = document(result("socket", 0.9, floor=0.85), result("twisted", 2.0))
    assert rows(found) == ["| `tcp_echo` 64 B; 0.90 socket | 3,000 msg/s | 2.00 |  |  |  |"]


def test_a_figure_without_peer_stands_beside_its_limit():
    found = document(
        Result("import", "", "ms", [42.0], floor=50.0, room="startup"),
        Result("help", "", "ms", [160.0], floor=150.0, room="startup"),
    )
    assert rows(found) == [
        "| `startup` import | 42 ms (at most 50) |  |  |  |  |",
        "| `startup` help | **160 ms (at most 150)** |  |  |  |  |",
    ]
    assert "help, ms: 160 ms (160 to 160), at most 150" in table.render(found)


def test_what_was_not_measured_is_told_with_its_reason():
    found = document(Result("hello", "", "", [], note="skipped: no wrk", room="http_hello"))
    assert rows(found) == []
    assert "- `http_hello` hello: skipped: no wrk." in table.render(found)
    assert "Nothing is below its floor." in table.render(found)


@pytest.mark.parametrize(("load", "told"), [(0.1, False), (5.5, True)])
def test_other_work_on_the_machine_is_told(load, told):
    found = {**document(result("twisted", 2.0)), "load": load}
    assert ("Other work gave the machine a load of 5.5" in table.render(found)) is told


def test_a_room_that_is_measured_again_takes_its_old_place():
    old = document(result("twisted", 1.0), result("twisted", 4.0, "udp_echo"), result("twisted", 5.0, "smtp"))
    merged = table.merge(old, document(result("twisted", 2.0), result("twisted", 3.0, "deferred")))
    found = [(each.room, each.ratio) for each in results.results_of(merged)]
    assert found == [("deferred", 3.0), ("tcp_echo", 2.0), ("udp_echo", 4.0), ("smtp", 5.0)]
    assert table.merge(None, old) == old


def test_figures_of_different_machines_do_not_mix():
    old = document(result("twisted", 1.0, "udp_echo"))
    old["machine"]["processors"] += 1
    merged = table.merge(old, document(result("twisted", 2.0)))
    assert [each.room for each in results.results_of(merged)] == ["tcp_echo"]


def test_the_table_has_its_place_on_the_page():
    found = document(result("twisted", 2.0))
    text = f"before\n{table.BEGIN}old\n{table.END}after\n"
    once = table.page(text, found)
    assert once == f"before\n{table.BEGIN}{table.render(found)}{table.END}after\n"
    assert table.page(once, found) == once
    with pytest.raises(ValueError, match="no place for the table"):
        table.page("before\n", found)


def test_the_command_publishes_and_renders(monkeypatch, tmp_path):
    monkeypatch.setattr(table, "PUBLISHED", tmp_path / "published.json")
    monkeypatch.setattr(table, "PAGE", tmp_path / "page.md")
    table.PAGE.write_text(table.BEGIN + table.END)
    monkeypatch.setattr(sys, "argv", ["table"])
    with pytest.raises(SystemExit):
        table.main()
    (tmp_path / "latest.json").write_text(table.json.dumps(document(result("twisted", 2.0))))
    monkeypatch.setattr(sys, "argv", ["table", str(tmp_path / "latest.json")])
    assert table.main() == 0
    assert "3,000 msg/s" in table.PAGE.read_text()
    assert results.results_of(results.read(table.PUBLISHED))[0].ratio == 2.0


def test_the_page_is_rendered_from_what_was_published():
    text = table.PAGE.read_text(encoding="utf-8")
    assert table.page(text, results.read(table.PUBLISHED)) == text
