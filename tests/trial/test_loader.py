"""The loader: names and paths to tests, in order."""

from __future__ import annotations

import sys
import unittest

import pytest

from sennit.trial.loader import TestLoader
from sennit.trial.naming import filenameToModule, isPackage, isTestCase, name, resolve, samefile, source_line
from sennit.trial.result import TestResult
from sennit.trial.suite import each_test

CASE = """
    from sennit.trial import TestCase

    class B(TestCase):
        def test_z(self): pass
        def test_a(self): pass
        def helper(self): pass

    class A(TestCase):
        def test_one(self): pass
"""


def ids(suite):
    return [test.id() for test in each_test(suite)]


@pytest.fixture
def package(write):
    write("pack/__init__.py", "")
    write("pack/test_mod.py", CASE)
    write("pack/other.py", CASE)
    write("pack/sub/__init__.py", "")
    write("pack/sub/test_deep.py", CASE)


def test_a_module_is_loaded_by_name_in_alphabetical_order(write):
    write("test_simple.py", CASE)
    assert ids(TestLoader().loadByName("test_simple")) == [
        "test_simple.A.test_one",
        "test_simple.B.test_a",
        "test_simple.B.test_z",
    ]


def test_a_sorter_says_the_order(write):
    write("test_simple.py", CASE)
    loader = TestLoader(sorter=source_line)
    assert ids(loader.loadByName("test_simple")) == [
        "test_simple.B.test_z",
        "test_simple.B.test_a",
        "test_simple.A.test_one",
    ]


def test_a_class_and_a_method_are_loaded_by_name(write):
    write("test_simple.py", CASE)
    assert ids(TestLoader().loadByName("test_simple.A")) == ["test_simple.A.test_one"]
    assert ids(TestLoader().loadByName("test_simple.B.test_z")) == ["test_simple.B.test_z"]


def test_a_file_is_loaded_by_its_path_in_either_form(write):
    path = write("test_simple.py", CASE)
    for spelling in ("test_simple.py", str(path), "./test_simple.py"):
        assert len(ids(TestLoader().loadByName(spelling))) == 3


@pytest.mark.usefixtures("package")
def test_a_package_has_its_test_modules_and_if_asked_those_below():
    loader = TestLoader()
    assert len(ids(loader.loadByName("pack"))) == 3
    assert len(ids(loader.loadByName("pack", recurse=True))) == 6
    assert len(ids(loader.loadByName("./pack", recurse=True))) == 6


def test_a_directory_that_is_no_package_has_its_test_files(write):
    write("tests/test_one.py", CASE)
    write("tests/deep/test_two.py", CASE)
    write("tests/helper.py", "raise AssertionError")
    assert len(ids(TestLoader().loadByName("tests/"))) == 6


def test_files_of_one_name_are_modules_of_their_own(write):
    write(
        "tests/one/test_same.py",
        "from sennit.trial import TestCase\nclass A(TestCase):\n def test_x(self): pass",
    )
    write(
        "tests/two/test_same.py",
        "from sennit.trial import TestCase\nclass B(TestCase):\n def test_y(self): pass",
    )
    assert ids(TestLoader().loadByName("tests/")) == ["test_same.A.test_x", "test_same_2.B.test_y"]


@pytest.mark.parametrize(
    ("spelling", "error"),
    [
        ("no_such_module", ModuleNotFoundError),
        ("test_simple.Nothing", AttributeError),
        ("test_simple.A.test_nothing", AttributeError),
        ("test_broken", ZeroDivisionError),
        ("./no_such_file.py", ValueError),
        ("test_simple.A.failureException", TypeError),
        ("no such name", ModuleNotFoundError),
    ],
)
def test_what_cannot_be_loaded_is_an_error_of_the_run(write, spelling, error):
    write("test_simple.py", CASE)
    write("test_broken.py", "1 / 0")
    result = TestResult()
    TestLoader().loadByNames([spelling]).run(result)
    [(holder, failure)] = result.errors
    assert failure.check(error), failure
    assert holder.id() == spelling


def test_a_module_that_lacks_an_import_is_told_from_one_that_is_missing(write):
    write("test_lacking.py", "import no_such_library")
    result = TestResult()
    TestLoader().loadByNames(["test_lacking.A"]).run(result)
    assert "no_such_library" in str(result.errors[0][1].value)


def test_tests_named_twice_are_loaded_once(write):
    write("test_simple.py", CASE)
    names = ["test_simple", "test_simple.A", "test_simple.A.test_one", "test_simple"]
    assert len(ids(TestLoader().loadByNames(names))) == 3


def test_a_module_may_make_its_own_suite(write):
    write(
        "test_own.py",
        """
        import unittest
        class A(unittest.TestCase):
            def test_x(self): pass
            def test_y(self): pass
        def test_suite():
            return unittest.TestSuite([A("test_y")])
        """,
    )
    assert ids(TestLoader().loadByName("test_own")) == ["test_own.A.test_y"]


def test_doctests_are_loaded_where_a_module_names_them(write):
    write("documented.py", '"""\n>>> 1 + 1\n2\n>>> 1 + 1\n3\n"""')
    write("test_docs.py", "__doctests__ = ['documented', 'no_such_module']")
    result = TestResult()
    TestLoader().loadByName("test_docs").run(result)
    assert len(result.failures) == 1
    assert result.errors[0][1].check(ModuleNotFoundError)


def test_only_modules_and_classes_of_tests_are_taken_for_them():
    loader = TestLoader()
    with pytest.raises(TypeError):
        loader.loadModule(object())
    with pytest.raises(TypeError):
        loader.loadClass("x")
    with pytest.raises(ValueError, match="not a test case"):
        loader.loadClass(int)
    with pytest.raises(TypeError):
        loader.loadPackage(sys)
    with pytest.raises(TypeError):
        loader.loadAnything(3)


def test_what_is_a_test_already_is_taken_as_it_is():
    suite = unittest.TestSuite()
    assert TestLoader().loadAnything(suite) is suite


@pytest.mark.usefixtures("package")
def test_a_file_in_a_package_is_the_packages_module():
    import pack.test_mod

    assert filenameToModule("pack/test_mod.py") is pack.test_mod
    assert filenameToModule("pack") is pack
    assert isPackage(pack)
    assert not isPackage(pack.test_mod)


def test_small_questions_are_answered():
    assert isTestCase(unittest.TestCase)
    assert not isTestCase(unittest.TestCase())
    assert samefile("x", "./x")
    assert not samefile("x", "y")
    assert name(unittest) == "unittest"
    assert name(unittest.TestCase) == "unittest.case.TestCase"
    assert name("x") == "x"
    assert resolve("os.path.join")[0] is __import__("os").path.join
