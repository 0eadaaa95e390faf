"""The machinery that runs Twisted's own tests: what it takes, what it leaves out, how it counts."""

from __future__ import annotations

import collections
import io
import json
import tarfile
from pathlib import PurePosixPath

import pytest
from conformance import exclusions, fetch, graft, module, nursery, run
from conformance.private import PrivateNameError

from sennit.twisted.finder import FINDER


def test_only_tests_are_taken_out_of_the_source_package(tmp_path):
    package = tmp_path / "twisted-0.tar.gz"
    members = {
        "t-0/src/twisted/test/test_defer.py": "theirs",
        "t-0/src/twisted/web/test/data/page.html": "theirs",
        "t-0/src/twisted/internet/defer.py": "not for us",
        "t-0/src/twisted/test/proto_helpers.py": "not for us",
        "t-0/src/twisted/test/../internet/defer.py": "not for us",
        "t-0/docs/test/x.py": "not for us",
        "t-0/src/twisted/test.py": "not for us",
    }
    with tarfile.open(package, "w:gz") as archive:
        for name, text in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    tree = tmp_path / "tree"
    fetch._extract(package, tree)
    found = sorted(str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file())
    assert found == ["twisted/test/test_defer.py", "twisted/web/test/data/page.html"]
    assert fetch._inside("t-0/src/twisted/trial/_dist/test/x.py") == PurePosixPath(
        "twisted/trial/_dist/test/x.py"
    )


def test_the_exclusions_are_well_formed_and_have_reasons():
    for entry in exclusions.exclusions():
        assert entry.kind in exclusions.KINDS
        assert len(entry.reason) > 10


@pytest.mark.parametrize(
    "entry",
    [
        {"tests": ["twisted.a.*"], "kind": "private"},
        {"tests": [], "kind": "private", "reason": "because"},
        {"tests": ["twisted.a.*"], "kind": "whim", "reason": "because"},
        {"tests": ["*"], "kind": "private", "reason": "because"},
        {"tests": ["twisted.a"], "kind": "private", "reason": "because", "until": "later"},
    ],
)
def test_an_exclusion_without_a_reason_or_for_everything_is_refused(entry):
    with pytest.raises(ValueError, match=r"entry|begins with"):
        exclusions.read({"exclude": [entry]})


def test_exclusions_match_the_tests_that_there_are():
    """An entry that fits no module of the baseline has outlived what it was for."""
    modules = list(run.baseline())
    for entry in exclusions.exclusions():
        for pattern in entry.tests:
            fixed = pattern.split("*")[0].split("[")[0].split("?")[0]
            assert any(name.startswith(fixed) or fixed.startswith(name + ".") for name in modules), pattern


def test_tests_come_from_their_tree_and_the_rest_from_sennit(tmp_path, monkeypatch):
    package = tmp_path / "twisted" / "internet" / "test"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "test_x.py").write_text("")
    finder = graft.Graft(tmp_path)
    assert finder.find_spec("twisted.internet.test").origin == str(package / "__init__.py")
    found = finder.find_spec("twisted.internet.test.test_x", [])
    assert found.origin == str(package / "test_x.py")
    for name in (
        "twisted.internet",
        "twisted.internet.defer",
        "twisted.test.iosim",
        "other.test",
    ):
        assert finder.find_spec(name) is None
    # A package that has tests is Sennit's, with their data beside it.
    (tmp_path / "twisted" / "test").mkdir()
    (tmp_path / "twisted" / "test" / "__init__.py").write_text("")
    both = finder.find_spec("twisted.test")
    assert (both.loader, both.origin) == (FINDER, str(tmp_path / "twisted" / "test" / "__init__.py"))


def test_a_private_name_can_be_imported_and_not_used():
    from conformance.private import _IThing, _Thing

    assert issubclass(type("Derived", (_Thing,), {}), _Thing)
    with pytest.raises(PrivateNameError, match="_Thing is private"):
        _Thing()
    assert not _IThing.providedBy(3)


def outcome_of(tmp_path, lines, problem="", excluded=()):
    path = tmp_path / "outcomes"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    outcome = run.Outcome("twisted.m.test.test_m", 3, problem=problem)
    run._read(outcome, path, 3, excluded)
    return {kind: outcome.count(kind) for kind in run.KINDS}


def test_every_test_is_counted_once(tmp_path):
    lines = [
        {"tests": ["a", "b", "c", "d"]},
        {"id": "d", "outcome": "excluded", "why": "private"},
        {"id": "a", "outcome": "passed"},
        {"id": "b", "outcome": "skipped", "why": "no"},
        {"id": "c", "outcome": "failed", "why": "no"},
        {"ended": True},
    ]
    assert outcome_of(tmp_path, lines) == {"passed": 1, "skipped": 1, "excluded": 1, "failed": 1}


def test_what_a_crash_cut_off_has_failed(tmp_path):
    lines = [{"tests": ["a", "b", "c"]}, {"id": "a", "outcome": "passed"}]
    assert outcome_of(tmp_path, lines, "Aborted") == {"passed": 1, "skipped": 0, "excluded": 0, "failed": 2}


def test_a_module_that_cannot_be_imported_has_failed_with_all_its_tests(tmp_path):
    counts = {"passed": 0, "skipped": 0, "excluded": 0, "failed": 3}
    assert outcome_of(tmp_path, [{"loading": "ImportError: no"}]) == counts
    assert outcome_of(tmp_path, []) == counts


def test_what_is_excluded_of_such_a_module_is_excluded_all_the_same(tmp_path):
    lines = [{"loading": "ImportError: no"}]
    named = exclusions.Exclusion(("twisted.m.test.test_m.A.test_a", "twisted.o.test.x.A.b"), "private", "x")
    assert outcome_of(tmp_path, lines, excluded=[named])["excluded"] == 1
    whole = exclusions.Exclusion(("twisted.m.test.*",), "private", "x")
    assert outcome_of(tmp_path, lines, excluded=[whole])["excluded"] == 3


def test_exclusions_that_fit_nothing_or_pass_are_reported():
    tests = {
        "twisted.a.test.test_a.A.test_x": ("passed", ""),
        "twisted.a.test.test_a.A.test_y": ("excluded", "passes: they say"),
    }
    ran = [run.Outcome("twisted.a.test.test_a", 2, tests)]
    patterns = ("twisted.a.test.test_a.A.test_[xy]", "twisted.a.test.test_a.B.*", "twisted.b.test.test_b.*")
    wrong = run.stale(ran, [exclusions.Exclusion(patterns, "private", "they say")])
    assert wrong == [
        "no such test: twisted.a.test.test_a.B.*",
        "excluded, and passes: twisted.a.test.test_a.A.test_y",
    ]


def test_of_two_runs_the_better_outcome_of_each_test_counts():
    first = run.Outcome("twisted.m.test.test_m", 2, {"a": ("failed", "late"), "b": ("passed", "")})
    second = run.Outcome("twisted.m.test.test_m", 2, {"a": ("passed", ""), "b": ("failed", "late")})
    assert run.better(first, second).count("passed") == 2


def test_what_was_under_way_when_a_process_ended_is_known(tmp_path):
    path = tmp_path / "outcomes"
    assert nursery.read(path) == (set(), None)
    lines = [{"tests": ["a", "b", "c"]}, {"begun": "a"}, {"id": "a", "outcome": "passed"}, {"begun": "b"}]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert nursery.read(path) == ({"a"}, "b")


def test_a_test_that_does_not_end_is_cut_off_and_the_others_run(tmp_path, monkeypatch):
    """The module is one of ours: what is run by it needs nothing of Twisted's."""
    (tmp_path / "hanging.py").write_text(
        "import os, signal, unittest\n"
        "class A(unittest.TestCase):\n"
        "    def test_a(self): pass\n"
        "    def test_b(self): signal.pause()\n"
        "    def test_c(self): os._exit(3)\n"
        "    def test_d(self): pass\n"
    )
    monkeypatch.setattr(nursery, "TEST_LIMIT", 0.5)
    monkeypatch.syspath_prepend(str(tmp_path))
    problem = nursery._run("hanging", tmp_path)
    outcome = run.Outcome("hanging", 4, problem=problem)
    run._read(outcome, tmp_path / "hanging.jsonl", 4, [])
    assert {name.rpartition(".")[2]: kind for name, (kind, _) in outcome.tests.items()} == {
        "test_a": "passed",
        "test_b": "failed",
        "test_c": "failed",
        "test_d": "passed",
    }
    assert "ended with 3" in outcome.tests["hanging.A.test_c"][1]


def test_the_table_is_by_package_with_the_core_tests_apart():
    assert run.package_of("twisted.logger.test.test_json") == "twisted.logger"
    assert run.package_of("twisted.test.test_defer") == "twisted.test.test_defer"
    assert run.package_of("twisted.trial._dist.test.test_worker") == "twisted.trial._dist"
    first = run.Outcome("twisted.logger.test.test_a", 2, {"a": ("passed", ""), "b": ("failed", "x")})
    second = run.Outcome("twisted.logger.test.test_b", 1, {"c": ("passed", "")})
    missing = run.Outcome("twisted.far.test.test_d", 1, {"d": ("failed", "")}, built=False)
    rows = run.summed([first, second, missing])
    expected = collections.Counter(tests=3, passed=2, failed=1, baseline=3)
    far = collections.Counter(tests=1, failed=1, baseline=1)
    assert [(name, +counts) for name, counts in rows] == [
        ("twisted.far", far),
        ("twisted.logger", expected),
        ("all that is built", expected),
        ("all", expected + far),
    ]


def test_falling_below_the_ratchet_is_noticed(tmp_path, monkeypatch):
    floors = tmp_path / "ratchet.tsv"
    floors.write_text("package\tpassed\ntwisted.logger\t3\ntwisted.web\t1\n")
    monkeypatch.setattr(run, "RATCHET", floors)
    rows = [
        (name, collections.Counter(passed=2)) for name in ("twisted.logger", "twisted.web", "twisted.new")
    ]
    assert run._fallen(rows) == {"twisted.logger": "2 pass, and 3 did"}


def test_each_module_of_the_baseline_is_about_a_package():
    assert len(run.baseline()) > 200
    assert run.baseline()["twisted.test.test_defer"] == (181, 181)


def test_what_is_not_built_yet_is_told_from_what_is_broken():
    assert module.lacks_a_module(ModuleNotFoundError("no", name="twisted.far.away"))
    assert module.lacks_a_module(ImportError("cannot import name 'nothing' from 'twisted.protocols' (x)"))
    assert not module.lacks_a_module(ModuleNotFoundError("no", name="elsewhere"))
    assert not module.lacks_a_module(ImportError("cannot import name 'basic' from 'twisted.protocols' (x)"))
    assert not module.lacks_a_module(ImportError("cannot import name 'x' from 'twisted.internet.defer' (x)"))
    assert not module.lacks_a_module(KeyError("x"))
