"""The person at the terminal: who they are, and the password prompt."""

import getpass
import sys

import typer

from core.actor import Actor


def at_the_keyboard() -> Actor:
    """Return the actor for the account that runs the command, which may do everything."""
    try:
        return Actor.system(f"{getpass.getuser()} (command line)")
    except (KeyError, OSError):  # an account without a name, as in a container
        return Actor.system("command line")


def ask_password() -> str:
    """Ask for a password twice; without a terminal, read the first line of standard input."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")
