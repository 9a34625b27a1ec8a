"""Input files of our own for the reference testers: the stock file of a program with other sizes.

The stock files stop at size 9, below every block and most vectors. The programs have room for nine sizes,
seven half-bandwidths and no size above 65, so three files together run the sizes that straddle tiles:
0 1 2 3 7 15 16 17 31 33 47 48 49 63 64 65. Called by run.py.
"""

import re

# What replaces the stock values, by the text that stands behind their number in the stock file. The cost of a file
# grows with the cube of the sum of its sizes, hence three files. Complex programs write scalars as pairs.
SETS = {
    "a": {
        "N": [0, 1, 16, 33, 48, 65],
        "K": [0, 1, 2, 7, 16, 33, 64],
        "ALPHA": [0.0, 0.7],
        "BETA": [0.0, 1.3],
    },
    "b": {
        "N": [2, 7, 17, 31, 49, 64],
        "K": [3, 8, 15, 17, 31, 32, 48],
        "ALPHA": [1.0, -0.6],
        "BETA": [1.0, 0.0],
    },
    "c": {
        "N": [3, 15, 47, 63],
        "K": [0, 1, 4, 14, 46, 62],
        "ALPHA": [1.0, 0.4],
        "BETA": [1.0, -0.9],
    },
}

# For ../emulated, where a call takes a hundred times as long.
BRIEF = {
    "N": [2, 17, 49],
    "K": [1, 16, 32],
    "ALPHA": [-0.6],
    "BETA": [1.3],
}


def _value(value, is_complex):
    if not is_complex or isinstance(value, int):
        return str(value)
    imaginary = 0.0 if value in (0.0, 1.0) else round(0.2 - value, 1)
    return f"({value},{imaginary})"


def rewrite(stock, values_of):
    """The text of a stock input file with the values of a set in place of its own."""
    lines = stock.splitlines()
    is_complex = any(line.startswith("(") for line in lines)
    for key, values in values_of.items():
        count = f"NUMBER OF VALUES OF {key}"
        rows = [i for i, line in enumerate(lines) if re.search(rf"{count}\s*$", line)]
        for row in rows:  # level 3 has no half-bandwidths
            lines[row] = f"{len(values)}  {count}"
            lines[row + 1] = " ".join(_value(v, is_complex) for v in values) + f"  VALUES OF {key}"
        if not rows and key != "K":
            raise ValueError(f"the stock input file has no line '{count}'")
    return "\n".join(lines) + "\n"
