"""Applications in files."""

from __future__ import annotations

import pickle

import pytest

from sennit.app import Application, IService, loadApplication


def test_a_program_makes_an_application(tmp_path):
    file = tmp_path / "mail.tac"
    file.write_text(
        "# -*- coding: latin-1 -*-\nfrom sennit.app import Application\napplication = Application(__file__)\n"
    )
    assert IService(loadApplication(str(file), "python")).name == str(file)


def test_a_program_that_makes_none_is_an_error(tmp_path):
    file = tmp_path / "mail.tac"
    file.write_text("app = 1\n")
    with pytest.raises(KeyError, match="application"):
        loadApplication(str(file), "python")


def test_a_pickled_application_comes_back(tmp_path):
    file = tmp_path / "mail.tap"
    file.write_bytes(pickle.dumps(Application("mail", uid=3)))
    again = loadApplication(str(file), "pickle")
    assert IService(again).name == "mail"
    assert not IService(again).running


def test_other_kinds_and_passphrases_are_refused(tmp_path):
    file = tmp_path / "mail.tap"
    file.write_bytes(b"")
    with pytest.raises(ValueError, match="not 'xml'"):
        loadApplication(str(file), "xml")
    with pytest.raises(ValueError, match="not supported"):
        loadApplication(str(file), "python", "secret")
