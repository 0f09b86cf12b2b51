"""A program that draws: it turns a chart's specification into an SVG, or an SVG into a PNG.

`renderer.py` runs it, and nothing imports it, so that V8 is never loaded into the server.
"""

import os
import resource
import sys

import vl_convert

SCALE = 2.0  # PNG pixels per pixel of the drawing
CPU_SECONDS = 60  # more than the caller's time limit, in case the caller is gone
NICENESS = 10  # pages go first


def main(kind: str) -> None:
    """Convert standard input (Vega-Lite for `svg`, SVG for `png`) to standard output."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    os.nice(NICENESS)
    source = sys.stdin.read()
    if kind == "png":
        drawn = vl_convert.svg_to_png(source, scale=SCALE)
    else:
        drawn = vl_convert.vegalite_to_svg(source, allowed_base_urls=[]).encode()
    sys.stdout.buffer.write(drawn)


if __name__ == "__main__":
    main(sys.argv[1])
