from __future__ import annotations

import pathlib
import re

ROOT = pathlib.Path(__file__).parent.parent


def test_the_readme_shows_the_example_that_runs():
    shown = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert shown is not None
    assert shown.group(1) == (ROOT / "examples" / "echo_asyncio.py").read_text()


def test_every_page_that_the_readme_and_the_index_link_to_exists():
    for page in ("README.md", "docs/index.md"):
        text = (ROOT / page).read_text()
        links = re.findall(r"\]\(([^)#:]+\.md)", text)
        assert links
        missing = [link for link in links if not (ROOT / page).parent.joinpath(link).exists()]
        assert missing == []
