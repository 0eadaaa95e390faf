"""`TestLoader`: from names, paths, modules and classes to suites of tests."""

from __future__ import annotations

import doctest
import importlib
import os
import pkgutil
import unittest
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import FunctionType, MethodType, ModuleType
from typing import Any

from sennit.core.failure import Failure
from sennit.trial.naming import filenameToModule, isPackage, isPackageDirectory, isTestCase, name, resolve
from sennit.trial.suite import ErrorHolder, TestSuite

__all__ = ["TestLoader"]


class TestLoader:
    """Finds tests.

    A test is a method of a `unittest.TestCase` whose name begins with `methodPrefix`.  What cannot be loaded
    by its name becomes an `ErrorHolder` in the suite.

    Args:
        suiteFactory: Makes suites.
        sorter: Gives the key by which things are put in order: modules, classes and tests.
    """

    __test__ = False  # pytest would take it for tests, by its name
    methodPrefix = "test"
    modulePrefix = "test_"
    suiteFactory: type[TestSuite]
    sorter: Callable[[Any], Any]

    def __init__(
        self, suiteFactory: type[TestSuite] = TestSuite, sorter: Callable[[Any], Any] = name
    ) -> None:
        self.suiteFactory = suiteFactory
        self.sorter = sorter

    def sort(self, xs: Iterable[Any]) -> list[Any]:
        """Return things in order."""
        return sorted(xs, key=self.sorter)

    # -- by name

    def loadByNames(self, names: list[str], recurse: bool = False) -> TestSuite:
        """Load tests by several names, in their order; what several names mean is loaded once.

        Args:
            names: Names and paths, as for `loadByName`.
            recurse: Whether packages are searched with all that they hold.

        Returns:
            A suite.
        """
        tests: list[Any] = []
        for each in dict.fromkeys(names):
            try:
                tests.append(self.findByName(each, recurse=recurse))
            except Exception:
                tests += _error(each)
        return self.suiteFactory(_each_once(tests))

    def loadByName(self, name: str, recurse: bool = False) -> TestSuite:
        """Load tests by a name.

        Args:
            name: The dotted name of a package, a module, a class or a method; or the path of a file or a
                directory.
            recurse: Whether packages are searched with all that they hold.

        Returns:
            A suite; if nothing can be loaded, it holds an `ErrorHolder`.
        """
        try:
            return self.suiteFactory([self.findByName(name, recurse=recurse)])
        except Exception:
            return self.suiteFactory(_error(name))

    loadTestsFromName = loadByName

    def findByName(self, _name: Any, recurse: bool = False) -> Any:
        """Load tests by a name, as `loadByName`, and let errors through.

        Raises:
            Exception: Whatever comes of importing; AttributeError if there is no such class or method;
                TypeError if the name means something that has no tests.
        """
        if isinstance(_name, bytes):
            _name = os.fsdecode(_name)
        if os.sep in _name or (_name.endswith(".py") and Path(_name).is_file()):
            return self.loadFile(_name, recurse=recurse)
        try:
            found, parent = resolve(_name)
        except ModuleNotFoundError:
            if not Path(_name).is_dir():
                raise
            return self.loadFile(_name, recurse=recurse)
        return self.loadAnything(found, recurse=recurse, parent=parent, qualName=_name.split("."))

    def loadAnything(self, obj: Any, recurse: bool = False, parent: Any = None, qualName: Any = None) -> Any:
        """Load the tests of a package, a module, a class, a method, or what is a test already.

        Args:
            obj: That.
            recurse: Whether packages are searched with all that they hold.
            parent: What `obj` is an attribute of: a method's class.
            qualName: The name that led to `obj`, in parts.

        Raises:
            TypeError: If it has no tests.
        """
        if isinstance(obj, ModuleType):
            if isPackage(obj):
                return self.loadPackage(obj, recurse=recurse)
            return self.loadTestsFromModule(obj)
        if isTestCase(obj):
            return self.loadTestsFromTestCase(obj)
        if isinstance(obj, FunctionType | MethodType) and isTestCase(parent):
            method = qualName[-1] if qualName else obj.__name__
            return self._make_case(parent, method)
        if isinstance(obj, unittest.TestCase | unittest.TestSuite):
            return obj
        if isTestCase(parent) and qualName and callable(obj) and not isinstance(obj, type):
            return self._make_case(parent, qualName[-1])
        raise TypeError(f"don't know how to make test from: {obj!r}")

    # -- by file

    def loadFile(self, fileName: str, recurse: bool = False) -> Any:
        """Load the tests of a file, a package's directory, or a directory that has test files.

        Args:
            fileName: The path.
            recurse: Whether packages are searched with all that they hold.

        Raises:
            ValueError: If there is no such file.
            Exception: Whatever comes of importing.
        """
        path = Path(fileName)
        if path.is_dir() and not isPackageDirectory(str(path)):
            return self.suiteFactory(self._load_files(self._files(path)))
        return self.loadAnything(filenameToModule(str(path)), recurse=recurse)

    def _files(self, directory: Path) -> Iterator[Path]:
        """Give the test files below a directory."""
        for path in sorted(directory.iterdir()):
            if path.name.startswith((".", "__")):
                continue
            if path.is_dir():
                yield from self._files(path)
            elif path.suffix == ".py" and path.name.startswith(self.modulePrefix):
                yield path

    def _load_files(self, paths: Iterable[Path]) -> list[Any]:
        tests: list[Any] = []
        for path in paths:
            try:
                tests.append(self.loadTestsFromModule(filenameToModule(str(path))))
            except Exception:
                tests += _error(str(path))
        return tests

    # -- modules and classes

    def loadPackage(self, package: Any, recurse: bool = False) -> TestSuite:
        """Load the test modules of a package, and its own tests.

        Args:
            package: The package.
            recurse: Whether the packages in it are searched, too.

        Raises:
            TypeError: If it is no package.
        """
        if not isPackage(package):
            raise TypeError(f"{package!r} is not a package")
        modules = self.sort(self._modules(package.__path__, package.__name__, recurse=recurse))
        tests = [self.loadTestsFromModule(package)]
        tests += [each if isinstance(each, ErrorHolder) else self.loadModule(each) for each in modules]
        return self.suiteFactory([test for test in tests if not _is_empty(test)])

    def _modules(self, path: Iterable[str], package: str, *, recurse: bool) -> Iterator[Any]:
        """Give the test modules of a package, and errors for those that cannot be imported."""
        for found in pkgutil.iter_modules(path, package + "."):
            if found.name.rpartition(".")[2].startswith(self.modulePrefix):
                try:
                    yield importlib.import_module(found.name)
                except Exception:
                    yield from _error(found.name)
            if found.ispkg and recurse:
                spec = found.module_finder.find_spec(found.name, None)
                inner = None if spec is None else spec.submodule_search_locations
                yield from self._modules(inner or (), found.name, recurse=True)

    def loadTestsFromModule(self, module: ModuleType) -> Any:
        """Load the tests of a module: its classes', and its doctests.

        A module may have a function ``testSuite`` or ``test_suite`` that makes its suite; and a list
        ``__doctests__`` of modules, or their names, whose doctests are to be run.

        Raises:
            TypeError: If it is no module.
        """
        if not isinstance(module, ModuleType):
            raise TypeError(f"{module!r} is not a module")
        for hook in ("testSuite", "test_suite"):
            if hasattr(module, hook):
                return getattr(module, hook)()
        suite = self.suiteFactory()
        for case in self.findTestClasses(module):
            suite.addTest(self.loadTestsFromTestCase(case))
        for other in getattr(module, "__doctests__", ()):
            suite.addTest(self.loadDoctests(other))
        return suite

    loadModule = loadTestsFromModule

    def findTestClasses(self, module: ModuleType) -> list[type[unittest.TestCase]]:
        """Return the classes of tests in a module, in order."""
        return self.sort(dict.fromkeys(value for value in vars(module).values() if isTestCase(value)))

    def loadTestsFromTestCase(self, klass: Any) -> TestSuite:
        """Load the tests of a class.

        Raises:
            TypeError: If it is no class.
            ValueError: If it is no class of tests.
        """
        if not isinstance(klass, type):
            raise TypeError(f"{klass!r} is not a class")
        if not isTestCase(klass):
            raise ValueError(f"{klass!r} is not a test case")
        cases = [self._make_case(klass, method) for method in self.getTestCaseNames(klass)]
        return self.suiteFactory(self.sort(cases))

    loadClass = loadTestsFromTestCase

    def getTestCaseNames(self, klass: type) -> list[str]:
        """Return the names of a class's methods that are tests."""
        return [
            each
            for each in dir(klass)
            if each.startswith(self.methodPrefix) and callable(getattr(klass, each))
        ]

    def loadDoctests(self, module: Any) -> Any:
        """Load the doctests of a module.

        Args:
            module: The module, or its name.

        Returns:
            A suite.
        """
        if isinstance(module, str):
            try:
                module = importlib.import_module(module)
            except Exception:
                return ErrorHolder(module, Failure())
        if not isinstance(module, ModuleType):
            return ErrorHolder(repr(module), Failure(TypeError(f"{module!r} is not a module.")))
        if not doctest.DocTestFinder(exclude_empty=True).find(module):
            return self.suiteFactory()
        return self.suiteFactory(tests=doctest.DocTestSuite(module))

    def _make_case(self, klass: type[unittest.TestCase], method: str) -> unittest.TestCase:
        return klass(method)


def _error(name: str) -> list[Any]:
    """Return what stands for a name that is not loaded because of the exception that is being handled."""
    return [ErrorHolder(name, Failure())]


def _is_empty(test: Any) -> bool:
    return isinstance(test, unittest.TestSuite) and test.countTestCases() == 0 and not list(test)


def _each_once(tests: Iterable[Any]) -> list[Any]:
    """Drop what is there a second time, in suites as well: a test is known by its class and its name."""
    seen: set[Any] = set()

    def new(tests: Iterable[Any]) -> list[Any]:
        kept = []
        for test in tests:
            if isinstance(test, unittest.TestSuite):
                test._tests = new(test._tests)
                kept.append(test)
                continue
            key = (type(test), test.id()) if isinstance(test, unittest.TestCase) else id(test)
            if key not in seen:
                seen.add(key)
                kept.append(test)
        return kept

    return new(tests)
