"""Starts /bin/true again and again with nothing around it.

usage: spawn_bare.py SECONDS

Prints the rate.
"""

from __future__ import annotations

import os
import sys
import time

began = time.perf_counter()
deadline = began + float(sys.argv[1])
count = 0
while time.perf_counter() < deadline:
    os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)
    count += 1
print(count / (time.perf_counter() - began))
