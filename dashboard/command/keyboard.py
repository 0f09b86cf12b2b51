"""Who gives a command, and what is asked of them."""

import getpass
import sys

import typer

from core.actor import Actor


def at_the_keyboard() -> Actor:
    """Return the account that runs the command, who may do everything."""
    try:
        return Actor.system(f"{getpass.getuser()} (command line)")
    except (KeyError, OSError):  # an account without a name, as in a container
        return Actor.system("command line")


def ask_password() -> str:
    """Return a password, asked for twice, or the first line of what is piped in."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")
