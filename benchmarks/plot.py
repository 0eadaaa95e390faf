"""Draws the ratios of a run: a point for each, a line for its spread, one panel for each peer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.harness import Result

__all__ = ["draw"]

ROW = 0.22
"""Inches for one ratio."""


def draw(results: Sequence[Result], stem: Path, title: str) -> list[Path]:
    """Draw the ratios as ``stem.png`` and ``stem.svg``, where matplotlib is installed.

    Args:
        results: What was measured; figures without a peer are not drawn.
        stem: Where to draw, without a suffix.
        title: What to write above.

    Returns:
        What was written: nothing where there is nothing to draw, or nothing to draw with.
    """
    shown = [each for each in results if each.ratio]
    if not shown:
        return []
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        print('no plot: it needs matplotlib; pip install "sennit[bench]"')
        return []
    # The same for the same figures: no date, and no names made up by chance.
    import matplotlib as mpl

    peers = sorted({each.peer for each in shown}, key=lambda peer: (peer != "twisted", peer))
    counts = [sum(each.peer == peer for each in shown) for peer in peers]
    with mpl.rc_context({"svg.hashsalt": "sennit", "svg.fonttype": "none"}):
        height = ROW * (sum(counts) + 4 * len(peers) + 4)
        figure = Figure(figsize=(10, height), layout="constrained")
        FigureCanvasAgg(figure)
        panels = figure.subplots(len(peers), 1, height_ratios=[count + 2 for count in counts], squeeze=False)
        figure.suptitle(f"Sennit by peer, more is better\n{title}", fontsize=9)
        for axes, peer in zip(panels.flat, peers, strict=True):
            _panel(axes, [each for each in shown if each.peer == peer], peer)
        written = [stem.with_suffix(".png"), stem.with_suffix(".svg")]
        stem.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(written[0], dpi=110)
        figure.savefig(written[1], metadata={"Date": None})
    return written


def _panel(axes, results: Sequence[Result], peer: str) -> None:
    for row, each in enumerate(results):
        ratios = each.ratios()
        colour = "tab:red" if each.verdict() == "MISS" else "tab:blue"
        axes.plot([min(ratios), max(ratios)], [row, row], color=colour, linewidth=1)
        axes.plot(each.ratio, row, "o", color=colour, markersize=4)
        if each.floor is not None:
            axes.plot(each.floor, row, "|", color="black", markersize=8)
    axes.axvline(1.0, color="grey", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_yticks(range(len(results)))
    axes.set_yticklabels([f"{each.room}: {each.name}, {each.unit}" for each in results], fontsize=7)
    axes.set_ylim(len(results) - 0.5, -0.5)
    axes.set_title(f"by {peer}", fontsize=8, loc="left")
    axes.tick_params(axis="x", labelsize=7)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("")
    axes.grid(axis="x", which="both", linewidth=0.3)
