"""The examples of services run."""

from __future__ import annotations

import runpy
from pathlib import Path

from sennit.reactor import run

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


def test_the_echo_service_answers_and_stops(capsys, tmp_path):
    main = runpy.run_path(str(EXAMPLES / "echo_service.py"))["main"]
    run(main, tmp_path / "echo.sock")
    assert capsys.readouterr().out == "b'one' -> b'one'\nb'two' -> b'two'\n"
    assert list(tmp_path.iterdir()) == []
