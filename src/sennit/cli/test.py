"""``sennit test``: run tests."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

import click

from sennit.cli.groups import CannotRunError
from sennit.trial.options import ORDERS, REPORTERS, SWITCHES, VALUES, Settings, SettingsError

__all__ = ["command"]

_WORKER = ("-m", "sennit.trial.parallel.worker")


@click.command("test", short_help="Run tests.")
@click.argument("tests", nargs=-1)
@click.option("--help-orders", is_flag=True, help="Say in which orders tests can be run, and exit.")
@click.option("--help-reporters", is_flag=True, help="Say how tests can be told of, and exit.")
@click.option(
    "--drop-in", is_flag=True, help="Let `import twisted` give Sennit: for tests of programs for Twisted."
)
def command(
    tests: tuple[str, ...], help_orders: bool, help_reporters: bool, drop_in: bool, **given: Any
) -> int:
    """Run tests: packages, modules, classes or methods by their dotted names, files or directories by paths.

    Without TESTS, those that pyproject.toml names as `tests` in [tool.sennit], else those of the directory
    tests, else those of the current one.
    """
    if help_orders:
        _list(ORDERS)
        return 0
    if help_reporters:
        _list({name: text for name, (_, _, text) in REPORTERS.items()})
        return 0
    launcher: tuple[str, ...] = _WORKER
    if drop_in:
        from sennit.twisted import install
        from sennit.twisted.scripts.trial_worker import worker_arguments

        install()
        launcher = worker_arguments("default")
    from sennit.trial.session import run_tests

    try:
        return run_tests(Settings.of(list(tests) or _default_tests(), given), launcher)
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
    except ImportError as error:
        raise CannotRunError(str(error)) from None


def _list(texts: dict[str, str]) -> None:
    width = max(map(len, texts)) + 2
    for name, text in texts.items():
        click.echo(f"{click.style(name.ljust(width), fg='cyan')}{text}")


def _default_tests() -> list[str]:
    """Return what is run when nothing is named."""
    project = Path("pyproject.toml")
    if project.exists():
        settings = tomllib.loads(project.read_text(encoding="utf-8")).get("tool", {}).get("sennit", {})
        named = settings.get("tests")
        if named:
            return [named] if isinstance(named, str) else list(named)
    return [f"tests{os.sep}" if Path("tests").is_dir() else f".{os.sep}"]


for _switch in SWITCHES:
    _names = [f"--{_switch.name}"] + ([f"-{_switch.short}"] if _switch.short else [])
    command.params.append(click.Option(_names, is_flag=True, help=_switch.help))
for _value in VALUES:
    _names = [f"--{_value.name}"] + ([f"-{_value.short}"] if _value.short else [])
    command.params.append(
        click.Option(
            _names,
            type=_value.kind,
            default=_value.default,
            metavar={int: "N", float: "SECONDS"}.get(_value.kind, "TEXT"),
            help=_value.help + ("" if _value.default is None else f"  [default: {_value.default}]"),
        )
    )
