"""Refuses passwords that are easy to guess; there are no rules about kinds of characters."""

from zxcvbn import zxcvbn

from core.errors import Invalid
from core.settings import get_settings

# zxcvbn estimates the guesses that an attacker needs who tries common passwords, names and words
# first. A million is enough because the sign-in gets slower with each failure.
FEWEST_GUESSES = 1_000_000
LONGEST_WEIGHED = 72  # zxcvbn's own limit; its time grows faster than the length
SHORTEST_NAME = 4  # shorter names occur in too many words
COMMON = "This password is one of the first that anybody would try. Choose a longer or rarer one."
SWITCHED_OFF = "Passwords are switched off here: people sign in with single sign-on."
CONTAINS_ADDRESS = "Use a password that does not contain the e-mail address or its name."


def refuse_guessable(password: str, *, email: str) -> None:
    """Raise `Invalid` for a common password, or for one that contains its owner's address.

    Where passwords are switched off, every password is refused.
    """
    if not get_settings().password_sign_in:
        raise Invalid({"password": SWITCHED_OFF})
    plain = password.casefold()
    name = email.casefold().partition("@")[0]
    if email.casefold() in plain or (len(name) >= SHORTEST_NAME and name in plain):
        raise Invalid({"password": CONTAINS_ADDRESS})
    if zxcvbn(password[:LONGEST_WEIGHED], [email, name])["guesses"] < FEWEST_GUESSES:
        raise Invalid({"password": COMMON})
