"""One seed is one run, whatever the interpreter's hashes are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = """
import hashlib
import importlib
from sennit.sim import runs

digests = []
real = runs.run_seed

def run_seed(test, seed, **options):
    simulation, error = real(test, seed, **options)
    assert error is None, error
    digests.append(simulation.trace.digest)
    return simulation, error

runs.run_seed = run_seed
for module in ("http", "mail_and_datagrams", "names_and_services", "streams", "waiting"):
    scenarios = vars(importlib.import_module(f"tests.sim.scenarios.test_{module}"))
    for name in sorted(scenarios):
        if name.startswith("test_") and hasattr(scenarios[name], "__signature__"):
            scenarios[name]()
print(len(digests), hashlib.sha256("".join(digests).encode()).hexdigest())
"""


def test_hashes_have_no_say():
    said = []
    for hash_seed in ("1", "2"):
        environment = {
            **os.environ,
            "PYTHONHASHSEED": hash_seed,
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
            "SENNIT_SIM_COUNT": "2",
            "SENNIT_SIM_TWICE": "0",
        }
        ran = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        said.append(ran.stdout)
    assert said[0] == said[1]
    assert int(said[0].split()[0]) >= 60
