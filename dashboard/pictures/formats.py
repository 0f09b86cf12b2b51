"""The formats of pictures, and what each is good for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

FormatName = Literal["png", "svg"]


@dataclass(frozen=True)
class PictureFormat:
    """A format; `name` is the file name's extension."""

    name: FormatName
    label: str
    remark: str
    media_type: str


FORMATS: Mapping[str, PictureFormat] = {
    each.name: each
    for each in (
        PictureFormat("png", "Picture (PNG)", "for slides, chats and mail", "image/png"),
        PictureFormat(
            "svg",
            "Drawing (SVG)",
            "sharp at any size, and its text stays text",
            "image/svg+xml",
        ),
    )
}
