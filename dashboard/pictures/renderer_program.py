"""Draw, as a program: a chart's specification becomes an SVG, or an SVG becomes a PNG.

`renderer.py` runs it and nobody imports it, so the V8 inside never is in the server.
"""

import os
import resource
import sys

import vl_convert

SCALE = 2.0  # pixels of a PNG for each of the drawing's
CPU_SECONDS = 60  # beyond what whoever waits allows, should they have gone
NICENESS = 10  # others do not wait for a picture


def main(kind: str) -> None:
    """Turn standard input, Vega-Lite for an `svg` or SVG for a `png`, into standard output."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    os.nice(NICENESS)
    given = sys.stdin.read()
    if kind == "png":
        drawn = vl_convert.svg_to_png(given, scale=SCALE)
    else:
        drawn = vl_convert.vegalite_to_svg(given, allowed_base_urls=[]).encode()
    sys.stdout.buffer.write(drawn)


if __name__ == "__main__":
    main(sys.argv[1])
