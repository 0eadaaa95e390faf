"""Times every case of the Deferred benchmarks on the ``twisted.internet.defer`` that there is here.

usage: deferred_program.py SECONDS

Prints, as JSON, how many times a second of CPU each case runs; each is run for about SECONDS, best of three.
"""

from __future__ import annotations

import gc
import json
import sys

from twisted.internet import defer

from benchmarks.deferred_cases import CASES
from benchmarks.timing import rate

gc.disable()
print(json.dumps({name: rate(make(defer), float(sys.argv[1])) for name, make in CASES.items()}))
