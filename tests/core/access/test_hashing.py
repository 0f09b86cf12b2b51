"""Passwords and tokens."""

from core.access.hashing import (
    UNUSABLE_PASSWORD,
    check_password,
    hash_password,
    hash_token,
    new_token,
)


def test_a_hash_is_argon2id_with_the_chosen_cost_and_a_salt() -> None:
    first, second = hash_password("correct horse"), hash_password("correct horse")
    assert first != second
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert check_password("correct horse", first).matches
    assert not check_password("Correct horse", first).matches


def test_nothing_fits_the_unusable_password() -> None:
    assert not check_password(UNUSABLE_PASSWORD, UNUSABLE_PASSWORD).matches
    assert not check_password("", UNUSABLE_PASSWORD).matches


def test_tokens_have_256_bits_and_are_hashed_whole() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) == 43 for token in tokens)
    assert len(hash_token("a")) == 32
    assert hash_token("a") != hash_token("b")
