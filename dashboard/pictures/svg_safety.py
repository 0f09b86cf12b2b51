"""Checks that an SVG is inert, as browsers execute scripts in an SVG and follow its links."""

import re
from collections.abc import Mapping
from xml.parsers import expat

SHAPES = frozenset(
    ["circle", "clipPath", "defs", "g", "line", "path", "rect", "svg", "text", "tspan"]
)
OUTSIDE = re.compile(r"url\s*\((?!\s*['\"]?#)|javascript:", re.IGNORECASE)
NAMESPACES = {"xmlns": "http://www.w3.org/2000/svg", "xmlns:xlink": "http://www.w3.org/1999/xlink"}
LINKS = frozenset({"href", "xlink:href", "src"})
SAID = frozenset({"aria-label", "aria-roledescription"})  # plain texts, never executed


class NotInert(ValueError):
    """The SVG contains something that is executed or that refers to other resources."""


def require_inert(svg: bytes) -> None:
    """Raise `NotInert` unless an SVG is well-formed and contains only shapes and texts."""
    parser = expat.ParserCreate()
    parser.StartElementHandler = _element
    parser.StartDoctypeDeclHandler = _refuse_type
    parser.ProcessingInstructionHandler = _refuse_instruction
    try:
        parser.Parse(svg, True)
    except expat.ExpatError as error:
        raise NotInert(f"not well-formed: {error}") from error


def _element(name: str, attributes: Mapping[str, str]) -> None:
    if name not in SHAPES:
        raise NotInert(f"an element {name}")
    for key, value in attributes.items():
        if key in SAID or NAMESPACES.get(key) == value:
            continue
        leads_out = key in LINKS and not value.startswith("#")
        if leads_out or key.lower().startswith(("on", "xmlns")) or OUTSIDE.search(value):
            raise NotInert(f"an attribute {key}={value[:80]!r}")


def _refuse_type(*_: object) -> None:
    raise NotInert("a document type")


def _refuse_instruction(target: str, _: str) -> None:
    raise NotInert(f"an instruction {target}")
