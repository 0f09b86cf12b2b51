"""Addresses that somebody else names: only paths of Tally's own are followed."""


def own_path(target: str) -> str:
    """Return `target` when it is a path of Tally's own, else `/`.

    Browsers drop control characters and read a backslash as a slash, so none may be in it.
    """
    plain = target.isascii() and target.isprintable() and not set(target) & {" ", "\\"}
    own = target.startswith("/") and not target.startswith(("//", "/sign-", "/auth/"))
    return target if plain and own else "/"
