"""Which Twisted this is: the version that programs ask for, and whose work it is."""

from __future__ import annotations

from typing import Final

from sennit.twisted.python.versions import Version
from sennit.version import __version__ as _ours

__all__ = ["__version__", "copyright", "disclaimer", "longversion", "version", "version_object"]

version_object: Final = Version("Twisted", 26, 10, 0)
__version__: Final = version_object.public()
version: Final = __version__
copyright: Final = "Copyright the Sennit developers."
disclaimer: Final = "Sennit comes as it is, without warranty; the MIT licence is the whole agreement."
longversion: Final = f"Sennit {_ours}, compatible with Twisted {__version__}.\n{copyright}"
