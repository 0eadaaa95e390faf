"""What programs take from twisted.python: versions, paths, names, options, adapters."""

from __future__ import annotations

import os
import tempfile
import warnings

import twisted
from twisted.python import components, deprecate, procutils, reflect, runtime, usage, util
from twisted.python.filepath import FilePath, InsecurePath
from twisted.python.versions import Version
from zope.interface import Interface, implementer

print("Twisted", twisted.__version__, twisted.version.major, twisted.version >= Version("Twisted", 22, 1, 0))
print(runtime.platform.isWindows(), runtime.platformType, runtime.platform.supportsThreads())
print(reflect.namedAny("os.path.join") is os.path.join, reflect.qual(dict))
print(reflect.fullyQualifiedName(os.getcwd), reflect.safe_repr("text"))
print(os.path.basename(procutils.which("sh")[0]))
print(util.sibpath("/a/b.py", "c"), util.uniquify([1, 2, 1]))

with tempfile.TemporaryDirectory() as directory:
    root = FilePath(directory)
    file = root.child("notes.txt")
    file.setContent(b"some notes")
    print(file.exists(), file.getsize(), file.getContent(), file.basename(), file.splitext()[1])
    root.child("sub").makedirs()
    root.child("sub").child("deep").touch()
    print(sorted(path.basename() for path in root.walk() if path != root))
    print([path.segmentsFrom(root) for path in root.child("sub").children()])
    try:
        root.child("../outside")
    except InsecurePath:
        print("insecure")
    file.moveTo(root.child("moved"))
    print(sorted(root.listdir()), file.exists())


class IShape(Interface):
    def area():
        """Return the area."""


class Square:
    def __init__(self, side):
        self.side = side


@implementer(IShape)
class SquareShape(components.Adapter):
    def area(self):
        return self.original.side**2


components.registerAdapter(SquareShape, Square, IShape)
print("area:", IShape(Square(3)).area(), IShape(5, None))


class Options(usage.Options):
    optFlags = [["quiet", "q", "Say less"]]
    optParameters = [["port", "p", 8080, "The port", int], ["name", None, "nobody", "A name"]]

    def parseArgs(self, *files):
        self["files"] = files

    def opt_verbose(self):
        """Say more."""
        self["verbose"] = self.get("verbose", 0) + 1


options = Options()
options.parseOptions(["-q", "--port", "99", "--verbose", "a", "b"])
print(sorted(options.items()))
try:
    Options().parseOptions(["--port", "none"])
except usage.UsageError as error:
    print("usage:", type(error).__name__)


@deprecate.deprecated(Version("Example", 1, 0, 0), "something.else")
def old():
    return "old"


with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    print(old(), [str(warning.message) for warning in caught])
