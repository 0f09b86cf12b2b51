"""The file check: the upload form, and what the receipts say about the file."""

import re
from html import escape

import streamlit as st

from core.actor import Actor
from core.db.engine import transaction
from core.exports import receipts
from core.exports.catalog import find_question
from core.exports.comparison import Comparison
from core.exports.receipts import Receipt
from core.text.characters import searched
from dashboard.cache import answers, pinned_snapshot
from dashboard.exports import uploads
from dashboard.shell import navigation
from dashboard.ui import links, local_time, notices, url_state

DIGEST = re.compile("[0-9a-f]{64}")
# A form of our own, as Streamlit's uploader would keep whole files in memory.
FORM = (
    "<style>.tally-check ::file-selector-button{font:inherit;color:inherit;background:transparent;"
    "min-height:2.5rem;padding:0 1rem;margin-right:0.75rem;border-radius:6px;cursor:pointer;"
    "border:1px solid color-mix(in srgb, currentColor 35%, transparent)}</style>"
    f'<form class="tally-check" action="{uploads.PATH}" method="post" '
    'enctype="multipart/form-data" '
    'style="display:flex;flex-wrap:wrap;gap:0.75rem;align-items:center;padding:1.25rem;'
    'border:1px dashed color-mix(in srgb, currentColor 35%, transparent);border-radius:6px">'
    f'<input type="file" name="{uploads.FIELD}" required aria-label="File to check" '
    'style="flex:1;min-width:14rem;padding:0.75rem 0;font:inherit;color:inherit">'
    '<button type="submit" style="font:inherit;color:inherit;background:transparent;'
    "min-height:2.5rem;padding:0 1rem;border-radius:6px;cursor:pointer;"
    'border:1px solid color-mix(in srgb, currentColor 35%, transparent)">Check</button></form>'
)
MOST_COMPARED = 2_000_000  # rows; more are compared only on request, as that takes long
UNKNOWN = (
    "No export of this Tally is this file, byte for byte. It may have been edited, opened and "
    "saved again by Excel, cut short on its way, or come from elsewhere."
)
HIDDEN = "This file left Tally, and what is in it is for superusers. Please tell one where it was."


def ask() -> str:
    """Draw the form; return the SHA-256 to look up, or an empty text."""
    st.caption("Drop a file that came out of Tally. It is compared by its SHA-256, and not kept.")
    st.html(FORM)
    sha256 = searched(url_state.get("sha256"))
    st.text_input(
        "Or its SHA-256",
        key=url_state.show("sha256", sha256),
        placeholder="64 digits and letters",
        on_change=url_state.take,
        args=("sha256",),
    )
    return sha256.lower()


def answer(actor: Actor, sha256: str) -> None:
    """Show what the receipts say about the file with this hash."""
    if not DIGEST.fullmatch(sha256):
        st.warning("A SHA-256 has 64 digits and letters from a to f.")
        return
    with transaction() as db:
        found = receipts.find(db, actor=actor, sha256=sha256)
    if not found:
        st.warning(UNKNOWN, icon=":material/help:")
    elif find_question(found[0].question).superusers_only and not actor.is_superuser:
        st.warning(HIDDEN, icon=":material/lock:")
    else:
        _tell(found[0])
        _tell_others(found[1:])


def _tell(receipt: Receipt) -> None:
    question = find_question(receipt.question)
    if receipt.outcome != "success":
        rows = notices.count(receipt.rows, "row")
        st.error(
            f"This is the beginning of an export that broke off after {rows}.",
            icon=":material/broken_image:",
        )
    else:
        kind = "a picture" if receipt.picture else "an export"
        title = notices.escape(receipt.picture or question.title)
        st.success(
            f"This is {kind} of {title}, unchanged since it left Tally.",
            icon=":material/verified:",
        )
    with st.container(border=True, gap="xxsmall"):
        for label, value in _facts(receipt):
            st.markdown(f"**{label}** {notices.escape(value)}")
    if question.of_snapshot and receipt.outcome == "success":
        _compare(receipt)


def _facts(receipt: Receipt) -> list[tuple[str, str]]:
    given = ", ".join(f"{name}: {value}" for name, value in sorted(receipt.filters.items()))
    return [
        ("Exported", f"{local_time.clock(receipt.at)} by {receipt.who}, no. {receipt.number:,}"),
        ("Data as of", local_time.clock(receipt.as_of)),
        ("Filters", given or "none"),
        ("Rows", f"{receipt.rows:,}"),
        ("Format", f"{receipt.format}, times in {receipt.time_zone or 'UTC'}"),
        ("Size", f"{receipt.bytes:,} bytes"),
    ]


def _compare(receipt: Receipt) -> None:
    if receipt.rows > MOST_COMPARED and not st.button("Compare with the numbers of today"):
        return
    with st.spinner("Comparing with the numbers of today"):
        found = answers.compared(pinned_snapshot.snapshot(), receipt)
    if found.same:
        st.markdown("The numbers are the same today.")
        return
    st.markdown(_difference(found))
    address = escape(navigation.address(links.exported(receipt)))
    st.html(f'<a href="{address}">Show today</a>')


def _difference(found: Comparison) -> str:
    rows = f"It had {notices.count(found.rows_then, 'row')}, and has {found.rows_now:,} today."
    if found.differ is None:
        return f"The numbers have changed since. {rows} Which rows differ can no longer be told."
    return f"The numbers have changed since: {notices.count(found.differ, 'row')} differ. {rows}"


def _tell_others(others: list[Receipt]) -> None:
    if others:
        st.caption("The same file was also exported:")
    for receipt in others:
        st.markdown(notices.escape(f"{local_time.clock(receipt.at)} by {receipt.who}"))
