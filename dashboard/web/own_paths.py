"""Checks redirect targets: only Tally's own paths are allowed."""


def own_path(target: str) -> str:
    """Return `target` if it is one of Tally's own paths, else `/`.

    Browsers drop control characters and read a backslash as a slash, so neither is allowed.
    """
    plain = target.isascii() and target.isprintable() and not set(target) & {" ", "\\"}
    own = target.startswith("/") and not target.startswith(("//", "/sign-", "/auth/"))
    return target if plain and own else "/"
