"""What leaves is made of shapes and texts alone."""

import pytest

from dashboard.pictures import svg_safety
from dashboard.pictures.svg_safety import NotInert


@pytest.mark.parametrize(
    "inside",
    [
        "<script>1</script>",
        "<image href='http://evil.example/p.png'/>",
        "<g onload='1'/>",
        "<a href='#x'/>",
        "<foreignObject/>",
        "<style>@import url(http://evil.example)</style>",
        "<rect fill='url(http://evil.example/#x)'/>",
        "<path href='http://evil.example'/>",
        "<g xmlns='http://www.w3.org/1999/xhtml'/>",
        "<?xml-stylesheet href='x'?>",
        "<g>",
    ],
)
def test_a_drawing_with_anything_that_runs_or_leads_out_is_not_let_out(inside: str) -> None:
    drawing = "<svg xmlns='http://www.w3.org/2000/svg'>{}</svg>"
    svg_safety.require_inert(
        drawing.format("<rect fill='url(#a)'/><text>url(x) on</text>").encode()
    )
    with pytest.raises(NotInert):
        svg_safety.require_inert(drawing.format(inside).encode())


def test_a_drawing_with_a_type_is_not_let_out() -> None:
    with pytest.raises(NotInert):
        svg_safety.require_inert(b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg/>")
