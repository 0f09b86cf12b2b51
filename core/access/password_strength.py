"""Which passwords are too easy to guess, whatever characters they are made of."""

from zxcvbn import zxcvbn

from core.errors import Invalid
from core.settings import get_settings

# zxcvbn counts the guesses of an attacker who begins with the passwords, names and words that are
# most common; a sign-in that grows slower with each failure stands between that and the rest.
FEWEST_GUESSES = 1_000_000
LONGEST_WEIGHED = 72  # as far as zxcvbn looks; weighing takes longer than linear
SHORTEST_NAME = 4  # shorter ones are a part of too many words
COMMON = "This password is one of the first that anybody would try. Choose a longer or rarer one."
SWITCHED_OFF = "Passwords are switched off here: people sign in with single sign-on."
CONTAINS_ADDRESS = "Use a password that does not contain the e-mail address or its name."


def refuse_guessable(password: str, *, email: str) -> None:
    """Raise `Invalid` for a common password, and for one that contains its owner's address.

    Where passwords are switched off, it is raised for any.
    """
    if not get_settings().password_sign_in:
        raise Invalid({"password": SWITCHED_OFF})
    plain = password.casefold()
    name = email.casefold().partition("@")[0]
    if email.casefold() in plain or (len(name) >= SHORTEST_NAME and name in plain):
        raise Invalid({"password": CONTAINS_ADDRESS})
    if zxcvbn(password[:LONGEST_WEIGHED], [email, name])["guesses"] < FEWEST_GUESSES:
        raise Invalid({"password": COMMON})
