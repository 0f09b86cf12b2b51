"""The zones that are warmed: those of most people, however many one person names."""

from core.calendar.zones import names
from dashboard.cache.reader_zones import PEOPLE, WARMED, ReaderZones


def test_the_zones_of_most_people_come_first_and_utc_is_among_them() -> None:
    looked = ReaderZones()
    assert looked.most_common() == ["UTC"]
    for person, zone in enumerate(["Europe/Berlin", "Asia/Kathmandu", "Europe/Berlin"]):
        looked.note(person, zone)
    assert looked.most_common() == ["Europe/Berlin", "Asia/Kathmandu", "UTC"]


def test_one_person_who_names_every_zone_pushes_nobody_out() -> None:
    looked = ReaderZones()
    for person in range(3):
        looked.note(person, "Europe/Berlin")
    for zone in sorted(names()):
        looked.note(99, zone)
    assert looked.most_common() == ["Europe/Berlin", max(names()), "UTC"]


def test_however_many_look_there_is_an_end_to_it() -> None:
    looked, others = ReaderZones(), sorted(names() - {"Asia/Kathmandu", "UTC"})
    for person in range(PEOPLE):
        zone = "Asia/Kathmandu" if person < 100 else others[person % len(others)]
        looked.note(person, zone)
    assert looked.most_common()[0] == "Asia/Kathmandu"
    assert len(looked.most_common()) == WARMED + 1
    for person in range(PEOPLE, PEOPLE + 100):
        looked.note(person, others[person % len(others)])
    assert "Asia/Kathmandu" not in looked.most_common(), "those were here longest ago"
