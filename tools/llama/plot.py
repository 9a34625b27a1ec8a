"""Draw the numbers of bench.py as bars: plot.py NUMBERS.json PICTURE.svg, with matplotlib on PYTHONPATH."""

import json
import pathlib
import sys

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt


def main(numbers, picture):
    data = json.loads(pathlib.Path(numbers).read_text())
    figure, panels = plt.subplots(len(data), 1, figsize=(8, 3.2 * len(data)), squeeze=False, layout="constrained")
    for panel, (title, rows) in zip(panels[:, 0], data.items()):
        kinds = list(next(iter(rows.values())))
        width = 0.8 / len(rows)
        for place, (name, row) in enumerate(rows.items()):
            left = [group + place * width for group in range(len(kinds))]
            bars = panel.bar(left, [row[kind] for kind in kinds], width, label=name)
            panel.bar_label(bars, fmt="%.0f", fontsize=6)
        panel.set_title(title)
        panel.set_ylabel("tokens/s")
        middle = (len(rows) - 1) / 2 * width
        panel.set_xticks([group + middle for group in range(len(kinds))], [kind.upper() for kind in kinds])
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=7)
    figure.savefig(picture)


main(*sys.argv[1:])
