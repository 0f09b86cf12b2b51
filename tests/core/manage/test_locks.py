"""One order of locks: who changes the same people at the same moment is told so, and no worse."""

import threading
import time
from collections.abc import Callable

import pytest
from sqlalchemy import select, text

from core.actor import Actor
from core.db.engine import transaction
from core.db.models import AuditEvent, User
from core.errors import Forbidden, Overtaken, TallyError
from core.manage import items, users
from core.sign_in import account, sessions
from tests.conftest import Sql, actor_for, make_user, sign_in

WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
Change = Callable[[Actor, Actor], object]


def demote(actor: Actor, target: Actor) -> None:
    change(actor, target, {"is_superuser": False})


def disable(actor: Actor, target: Actor) -> None:
    change(actor, target, {"is_active": False})


def delete(actor: Actor, target: Actor) -> None:
    with transaction() as db:
        users.delete_user(db, actor=actor, user_id=target.id or 0, version=1)


def change(actor: Actor, target: Actor, values: dict[str, object]) -> None:
    with transaction() as db:
        users.update_user(db, actor=actor, user_id=target.id or 0, version=1, values=values)


def at_once(sql: Sql, *acts: Callable[[], object]) -> list[TallyError | None]:
    """Do several things at once: all of them wait for one lock on everything, which is let go."""
    outcomes: list[TallyError | None] = [None] * len(acts)

    def run(number: int) -> None:
        try:
            acts[number]()
        except TallyError as error:
            outcomes[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    with transaction() as db:
        db.execute(text('SELECT FROM "user" FOR UPDATE'))
        db.execute(text("SELECT FROM item FOR UPDATE"))
        for thread in threads:
            thread.start()
        until = time.monotonic() + 5
        while sql(WAITING) != [(len(acts),)] and time.monotonic() < until:
            time.sleep(0.01)
    for thread in threads:
        thread.join()
    return outcomes


@pytest.mark.parametrize("act", [demote, disable, delete])
def test_of_two_superusers_who_take_each_others_rights_one_is_refused(
    act: Change, system: Actor, sql: Sql
) -> None:
    one, other = (
        actor_for(make_user(system, f"{name}@example.com", is_superuser=True)) for name in "ab"
    )

    outcomes = at_once(sql, lambda: act(one, other), lambda: act(other, one))

    (refused,) = [error for error in outcomes if error]
    assert isinstance(refused, Forbidden)
    loser = (one, other)[outcomes.index(refused)]
    with transaction() as db:
        rows = db.scalars(select(AuditEvent).where(AuditEvent.outcome == "refused")).all()
        assert [(row.actor, row.subject_type) for row in rows] == [(loser.email, "user")]
        assert db.scalar(select(User.is_superuser).where(User.is_active, User.is_superuser))


def test_a_lower_id_may_be_demoted_while_a_higher_one_is(system: Actor, sql: Sql) -> None:
    three = [
        actor_for(make_user(system, f"{name}@example.com", is_superuser=True)) for name in "abc"
    ]

    outcomes = at_once(sql, lambda: demote(three[2], three[0]), lambda: demote(three[2], three[1]))

    assert outcomes == [None, None]


def test_an_item_and_its_owner_may_go_at_once(system: Actor, sql: Sql) -> None:
    owner = actor_for(make_user(system, "owner@example.com"))
    with transaction() as db:
        values = {"title": "Lamp", "owner_id": owner.id}
        item = items.create_item(db, actor=system, values=values)

    def edit() -> None:
        with transaction() as db:
            values = {"title": "Light", "owner_email": owner.email}
            items.update_item(db, actor=system, item_id=item.id, version=1, values=values)

    outcomes = at_once(sql, edit, lambda: delete(system, owner))

    assert outcomes[1] is None
    assert not isinstance(outcomes[0], Overtaken)


def test_sessions_that_are_ending_are_not_waited_for(staff: Actor) -> None:
    with transaction() as db:
        begun = [sign_in(db, staff.email) for _ in range(3)]
    actors = [one.actor for one in begun if one]
    ids = {actor.session_id or 0 for actor in actors}
    with transaction() as db:
        account.end_other_sessions(db, actor=actors[0])
        with transaction() as other:
            assert sessions.keep_open(other, session_ids=ids, used=ids).keys() == ids
            assert sessions.delete_expired(other) == 0


def test_a_deadlock_is_said_as_what_it_is(system: Actor, sql: Sql) -> None:
    ann, bo = (make_user(system, f"{name}@example.com") for name in "ab")
    met = threading.Barrier(2)

    def lock(first: User, second: User) -> None:
        with transaction() as db:
            db.get(User, first.id, with_for_update=True)
            met.wait()
            db.get(User, second.id, with_for_update=True)

    def caught(first: User, second: User) -> None:
        try:
            lock(first, second)
        except TallyError as error:
            found.append(error)

    found: list[TallyError] = []
    threads = [threading.Thread(target=caught, args=pair) for pair in ((ann, bo), (bo, ann))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (error,) = found
    assert isinstance(error, Overtaken)
    assert (error.status, "at the same moment" in error.message) == (409, True)


def test_rows_that_changed_under_a_strict_transaction_are_said_so(system: Actor, sql: Sql) -> None:
    ann = make_user(system, "ann@example.com")
    with pytest.raises(Overtaken), transaction() as db:  # noqa: PT012
        db.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        db.execute(text("SELECT 1"))
        sql('UPDATE "user" SET full_name = %s', "Ann")
        db.get(User, ann.id, with_for_update=True)
