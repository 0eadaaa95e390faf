"""The same program file on Twisted 26.10 and on Sennit prints the same and ends with the same status."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from conformance.environment import ROOT, sennit_command, twisted_python

PROGRAMS = sorted((ROOT / "examples" / "dropin").glob("*.py"))


def run(command: tuple[str, ...], program: Path) -> tuple[int, str, str]:
    environ = {
        **os.environ,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONIOENCODING": "utf-8",
        "PYTHONWARNINGS": "default",
    }
    done = subprocess.run(
        [*command, str(program)],
        capture_output=True,
        text=True,
        timeout=60,
        env=environ,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.twisted
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_behaves_on_sennit_as_it_does_on_twisted(program):
    status, output, errors = run((str(twisted_python()),), program)
    assert output, f"{program.name} printed nothing on Twisted: {errors}"
    our_status, our_output, our_errors = run(sennit_command(), program)
    assert our_output == output, our_errors
    assert our_status == status, our_errors


def test_there_are_programs_to_compare():
    assert len(PROGRAMS) >= 10


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_the_programs_know_nothing_of_sennit(program):
    assert "sennit" not in program.read_text().lower()
