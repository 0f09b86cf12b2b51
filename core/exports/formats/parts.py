"""A file-like buffer from which written chunks are taken, so that memory stays small."""


class Parts:
    """A write-only file object for libraries that write files; it cannot seek."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._position = 0

    def write(self, content: bytes) -> int:
        """Append to the buffer."""
        self._parts.append(bytes(content))
        self._position += len(content)
        return len(content)

    def tell(self) -> int:
        """Return the number of bytes written so far, including those already taken."""
        return self._position

    def flush(self) -> None:
        """Do nothing; writers expect this method."""

    def close(self) -> None:
        """Do nothing: the caller takes the last chunk after the writer has closed."""

    def take(self) -> bytes:
        """Return and drop what was written since the last call."""
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken
