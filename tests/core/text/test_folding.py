"""Searches by words: without case, accents and what cannot be seen, and everywhere the same."""

import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from unicodedata import category, normalize

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.actor import Actor
from core.analytics import metrics, ranking, table_rows
from core.analytics.owner_filter import OwnerFilter
from core.analytics.row_filter import RowFilter
from core.audit import search as audit_search
from core.audit.search import EventFilter
from core.db.engine import transaction
from core.manage import items, users
from core.snapshots.reader import Snapshot
from core.text.characters import one_line, paragraphs
from core.text.folding import fold, split_words
from tests.conftest import Sql, make_user
from tests.etl.conftest import take_snapshot

FOLDED = 'SELECT coalesce(search_text(t), lower(t COLLATE "C")) FROM unnest(%s::text[]) t'
# What names are made of, with marks that are left out when searching, and marks that are not.
SCRIPTS = [
    "abcdeozüöÄÉñçßøłŁæđðþıİŞğœ\u0301\u0308'’-",
    "αβγόύάςΣΏ",
    "абвгёйЁІїђ",
    "աբգևԱ",
    "אבגד\u05b8\u05b0",
    "محمدعليیکآأ\u064e\u0651\u200c",
    "कखगिीु्\u200d\u093c",
    "กขคิีุ่",
    "가나다한국",
    "がぎぱアヴｶﾞ",
    "山田太郎",
    "ფქღ",
    "0123456789.@_%\\",
    "\U0001f468\u200d\U0001f469\ufe0f",
]


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("José Vélez", "Jose\u0301"),
        ("Jose\u0301 Ve\u0301lez", "josé"),
        ("Zeynep Öztürk", "ozturk"),
        ("John Doe", "Doe John"),
        ("John Doe", "Doe, John"),
        ("John Doe", " john \u00a0\u00a0doe "),
        ("Straße", "STRASSE"),
        ("İstanbul", "istanbul"),
        ("Işık", "isik"),
        ("Łódź", "lodz"),
        ("Ærø", "aero"),
        ("Đorđe", "dorde"),
        ("Þór Guðmundsson", "thor gudmundsson"),
        ("Œuvre", "oeuvre"),
        ("Ἀθῆναι", "αθηναι"),
        ("Артём", "артем"),
        ("O’Brien", "o'brien"),
        ("Jean–Luc", "jean-luc"),
        ("ＡＮＮ", "ann"),
        ("ｶﾞ", "ガ"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u062e\u0648\u0627\u0647\u0645",
        ),
        ("\u0643\u0631\u064a\u0645", "\u06a9\u0631\u06cc\u0645"),
        ("\u0645\u064f\u062d\u0645\u064e\u0651\u062f", "\u0645\u062d\u0645\u062f"),
        ("\u05e9\u05b8\u05dc\u05d5\u05b9\u05dd", "\u05e9\u05dc\u05d5\u05dd"),
        ("\u0936\u094d\u200d\u0930\u0940", "\u0936\u094d\u0930\u0940"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f469"),
        ("\u2764\ufe0f", "\u2764"),
        ("zh-cn.wikipedia", "ZH-CN."),
    ],
)
def test_what_people_type_is_found(stored: str, typed: str) -> None:
    assert all(word in fold(stored) for word in split_words(typed))


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("\u0915\u093f", "\u0915\u0940"),
        ("\u304c", "\u304b"),
        ("\u0e01\u0e34", "\u0e01\u0e35"),
        ("Ann", "Anna"),
    ],
)
def test_marks_that_make_another_word_count(stored: str, typed: str) -> None:
    assert not all(word in fold(stored) for word in split_words(typed))


@given(st.text())
def test_folding_is_the_same_of_any_form_and_once_is_enough(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold(normalize("NFC", text)) == fold(normalize("NFD", text)) == fold(text)


def test_postgresql_folds_every_character_as_python_does(sql: Sql) -> None:
    known = [chr(i) for i in range(1, sys.maxunicode) if category(chr(i)) not in {"Cs", "Cn"}]
    draw = random.Random(1)  # noqa: S311
    known += ["".join(draw.choices(known, k=8)) for _ in range(5_000)]
    folded = [text for (text,) in sql(FOLDED, known)]
    assert [c for c, text in zip(known, folded, strict=True) if fold(c) != text] == []


@dataclass(frozen=True)
class Corpus:
    """Users and items with names of many scripts, as stored, and their snapshot."""

    snapshot: Snapshot
    people: dict[int, str]
    things: dict[int, str]


def word(draw: random.Random) -> str:
    """One word of one script."""
    return "".join(draw.choices(draw.choice(SCRIPTS), k=draw.randint(1, 7)))


def name(draw: random.Random) -> str:
    return "".join(word(draw) + draw.choice(" \u00a0\u3000") for _ in range(draw.randint(1, 4)))


@pytest.fixture
def corpus(sql: Sql) -> Corpus:
    """300 users and 600 items, half of them as Tally writes them and half as others do."""
    draw = random.Random(2)  # noqa: S311
    for number in range(300):
        written = name(draw)
        sql(
            'INSERT INTO "user" (email, full_name, hashed_password) VALUES (%s, %s, %s)',
            f"{draw.choice(['ann', 'bob', 'zoe'])}.{number}@example.com",
            (one_line(written) if number % 2 else written) or None,
            "!",
        )
    for number in range(600):
        title, about = name(draw) + "x", name(draw)
        sql(
            "INSERT INTO item (title, description, owner_id)"
            ' SELECT %s, %s, id FROM "user" ORDER BY id OFFSET %s LIMIT 1',
            one_line(title) if number % 2 else title,
            (paragraphs(about) if number % 2 else about) or None,
            draw.randrange(300),
        )
    people: dict[int, str] = dict(
        sql("SELECT id, email || ' ' || coalesce(full_name, '') FROM \"user\"")
    )
    things: dict[int, str] = dict(
        sql(
            "SELECT i.id, title || ' ' || coalesce(description, '') || ' ' || email || ' ' ||"
            " coalesce(full_name, '') FROM item i JOIN \"user\" u ON u.id = owner_id"
        )
    )
    return Corpus(take_snapshot(), people, things)


@st.composite
def searches(draw: st.DrawFn, texts: list[str]) -> str:
    """Words out of a text, or pieces of them, typed in another way; or any words at all."""
    words = draw(st.sampled_from(texts)).split()
    chosen = draw(st.lists(st.sampled_from(words), min_size=1, max_size=3))
    first = draw(st.integers(0, 2))
    chosen[0] = chosen[0][first:] if draw(st.booleans()) else chosen[0]
    changed = draw(st.sampled_from(TYPED))
    blank = draw(st.sampled_from([" ", "  ", "\u00a0", "\u3000", ", "]))
    return blank.join(changed(w) for w in chosen) + draw(st.sampled_from(["", "", " ", "%", "zz"]))


def nfd(text: str) -> str:
    return normalize("NFD", text)


def nfkc(text: str) -> str:
    return normalize("NFKC", text)


def zero_width(text: str) -> str:
    return "\u200b".join(text)


def bare(text: str) -> str:
    return fold(text)


TYPED: list[Callable[[str], str]] = [str.upper, str.title, nfd, nfkc, zero_width, bare, str]


def having(texts: dict[int, str], search: str) -> list[int]:
    """The reference in plain Python: whose folded text has all the words."""
    words = split_words(search)
    return sorted(i for i, text in texts.items() if all(w in fold(text) for w in words))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_page_api_and_export_find_the_same(
    corpus: Corpus, system: Actor, data: st.DataObject
) -> None:
    search = data.draw(searches([*corpus.people.values(), *corpus.things.values()]))
    people, things = having(corpus.people, search), having(corpus.things, search)
    with transaction() as db:
        found = users.list_users(db, actor=system, search=search, limit=1000)
        assert sorted(row.id for row in found.rows) == people
        assert found.count == len(people)
        listed = items.list_items(db, actor=system, search=search, limit=1000)
        assert sorted(row.id for row in listed.rows) == things
    taken = corpus.snapshot
    exported = [f["user_id"].to_list() for f in table_rows.stream_users(taken, RowFilter(search))]
    assert list(chain(*exported)) == people
    assert table_rows.count_users(taken, RowFilter(search)) == len(people)
    carried = [f["item_id"].to_list() for f in table_rows.stream_items(taken, RowFilter(search))]
    assert list(chain(*carried)) == things
    assert table_rows.count_items(taken, RowFilter(search)) == len(things)
    everybody = metrics.items_by_user(taken, OwnerFilter(), limit=1000)["user_id"].to_list()
    owners = metrics.items_by_user(taken, OwnerFilter(search=search), limit=1000)
    assert sorted(owners["user_id"]) == sorted(set(people) & set(everybody))
    walked = ranking.stream_owners(taken, OwnerFilter(search=search))
    assert list(chain(*(f["user_id"] for f in walked))) == owners["user_id"].to_list()


def test_who_changes_a_name_is_found_after_the_next_refresh(sql: Sql, system: Actor) -> None:
    for number in range(120):  # enough that the ranking is kept and what moved stands beside it
        make_owner(sql, f"user{number}@example.com")
    take_snapshot()
    sql("UPDATE \"user\" SET full_name = 'Zeynep Öztürk' WHERE email = 'user7@example.com'")
    for _ in range(2):  # the second refresh takes what had moved from the first
        found = metrics.items_by_user(take_snapshot(), OwnerFilter(search="ozturk zeynep"))
        assert found["email"].to_list() == ["user7@example.com"]
        sql("UPDATE \"user\" SET full_name = 'Bob' WHERE email = 'user8@example.com'")


def make_owner(sql: Sql, email: str) -> None:
    """Add a user who owns an item, without any of Tally's rules."""
    sql(
        'WITH made AS (INSERT INTO "user" (email, hashed_password) VALUES (%s, %s) RETURNING id)'
        " INSERT INTO item (title, owner_id) SELECT 'Lamp', id FROM made",
        email,
        "!",
    )


def test_the_audit_is_searched_by_words_too(system: Actor) -> None:
    make_user(system, "zeynep@example.com", full_name="Zeynep Öztürk")
    for search in ("ozturk", "OZTURK zeynep@", "user.create o\u0308ztu\u0308rk"):
        with transaction() as db:
            found = audit_search.list_events(db, actor=system, filters=EventFilter(search=search))
            assert [event.action for event in found.rows] == ["user.create"], search
            assert (
                audit_search.list_events(db, actor=system, filters=EventFilter(who="ozturk")).rows
                == []
            )


def test_an_item_is_found_by_its_owner_and_description(system: Actor) -> None:
    make_user(system, "zeynep@example.com", full_name="Zeynep Öztürk")
    values = {"title": "Lamp", "description": "In the café", "owner_email": "zeynep@example.com"}
    with transaction() as db:
        items.create_item(db, actor=system, values=values)
        for search in ("lamp ozturk", "cafe", "zeyn", "lamp cafe example.com"):
            assert items.list_items(db, actor=system, search=search).count == 1, search
        for search in ("lamp desk", "ozturk ann"):
            assert items.list_items(db, actor=system, search=search).count == 0, search
