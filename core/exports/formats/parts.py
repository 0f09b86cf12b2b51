"""A file that is written to and never kept: its content is taken away part by part."""


class Parts:
    """What writers take for a file; it can tell its position and cannot go back."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._position = 0

    def write(self, content: bytes) -> int:
        """Add to the file."""
        self._parts.append(bytes(content))
        self._position += len(content)
        return len(content)

    def tell(self) -> int:
        """Return how much was written, taken away or not."""
        return self._position

    def flush(self) -> None:
        """Do nothing: there is no buffer behind this one."""

    def close(self) -> None:
        """Do nothing: whoever takes the parts knows the end."""

    def take(self) -> bytes:
        """Return what was written since it was last taken."""
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken
