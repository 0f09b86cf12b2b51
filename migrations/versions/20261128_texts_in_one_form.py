"""texts in one form

Normalizes stored names, titles, descriptions and addresses as new ones are: NFC, single blanks and
no line breaks in fields of one line, no invisible characters and no directional controls. Adds the
generated column `search_text`, which searches compare. It is null if the text is ASCII, as lower
case is enough then.

Revision ID: 7c1e5a90d3f8
Revises: 4c19b7f0a3d8
"""

from collections.abc import Sequence

from alembic import op

revision: str = "7c1e5a90d3f8"
down_revision: str | Sequence[str] | None = "4c19b7f0a3d8"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Copies of the character sets of `characters.py` and `folding.py` at this revision.
IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
EMPTY_GLYPHS = "\u2800\ufff9-\ufffb\U0001d159"
MARKS = (
    "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
)
LETTERS = {
    **dict(zip("øłđðħŧıŋɓɗƙƴəɛɔ", "olddhtinbdkyeeo", strict=True)),
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u02bb\u02bc\u2032", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033", '"'),
    **dict.fromkeys("\u2010\u2012\u2013\u2014\u2015\u2212", "-"),
    **{"\u06cc": "\u064a", "\u0649": "\u064a", "\u06a9": "\u0643"},
}
CONTROLS = "\x01-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
SEPARATORS = "\x1c-\x1f\xa0\u1680\u2000-\u200a\u202f\u205f\u3000\u2800\u3164\uffa0"
BREAKS = "\x0b\x0c\r\x85\u2028\u2029"
# Directions were not kept in balance before, so what changes them goes, and the marks stay.
UNWANTED = "\u2060\ufeff\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef" + "".join(
    chr(plane << 16 | end) for plane in range(17) for end in (0xFFFE, 0xFFFF)
)

# Printable ASCII with single blanks inside has its form already, and is most of what there is.
ODD = "[^ -~]|^ | $|  "
ODD_TEXT = "[^ -~\n]|^[ \n]|[ \n]$"

ITEMS = """
    UPDATE item SET version = version + 1, updated_at = now(),
        title = coalesce(pg_temp.one_line(title, 255), 'Untitled'),
        description = pg_temp.paragraphs(description, 1000)
    WHERE title ~ {odd} AND title IS DISTINCT FROM pg_temp.one_line(title, 255)
       OR description ~ {odd_text}
          AND description IS DISTINCT FROM pg_temp.paragraphs(description, 1000)
"""
USERS = """
    UPDATE "user" SET version = version + 1, updated_at = now(),
        full_name = pg_temp.one_line(full_name, 255)
    WHERE full_name ~ {odd} AND full_name IS DISTINCT FROM pg_temp.one_line(full_name, 255)
"""
TOKENS = """
    UPDATE api_token SET name = coalesce(pg_temp.one_line(name, 100), 'Untitled')
    WHERE name ~ {odd} AND name IS DISTINCT FROM pg_temp.one_line(name, 100)
"""
# An address whose one form is somebody else's already stays as it is.
ADDRESSES = """
    WITH formed AS (
        SELECT id, form, count(*) OVER (PARTITION BY form) AS alike
        FROM (
            SELECT id, lower(normalize(regexp_replace(email, {unseen}, '', 'g'), NFKC)) AS form
            FROM "user" WHERE email ~ '[^ -~]'
        ) AS odd
    )
    UPDATE "user" u SET version = version + 1, updated_at = now(), email = form
    FROM formed
    WHERE u.id = formed.id AND u.email <> form AND alike = 1 AND length(form) <= 255
      AND NOT EXISTS (SELECT FROM "user" o WHERE lower(o.email) = form AND o.id <> u.id)
"""
ONE_LINE = """
    CREATE FUNCTION pg_temp.one_line(value text, most int) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT RETURN pg_temp.kept(
        regexp_replace(regexp_replace(value, {unwanted}, '', 'g'), {blanks}, ' ', 'g'), most)
"""
PARAGRAPHS = """
    CREATE FUNCTION pg_temp.paragraphs(value text, most int) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT RETURN pg_temp.kept(
        regexp_replace(
            regexp_replace(
                regexp_replace(value, {unwanted_or_control}, '', 'g'), {breaks}, E'\\n', 'g'
            ), {tabs}, ' ', 'g'
        ), most)
"""
# Nothing is left of a text in which nothing can be seen.
KEPT = """
    CREATE FUNCTION pg_temp.kept(value text, most int) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT
    RETURN CASE WHEN regexp_replace(value, {invisible}, '', 'g') <> ''
        THEN left(btrim(normalize(value, NFC), {edges}), most) END
"""
SEARCH_TEXT = """
    CREATE FUNCTION search_text(value text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE WHEN octet_length(value) <> char_length(value) THEN
        normalize(translate(replace(replace(replace(
            casefold(regexp_replace(
                normalize(translate(value, {acute}, ''''''), NFKD) COLLATE pg_unicode_fast,
                {dropped}, '', 'g')),
            'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'), {letters}, {plain}), NFC) END
"""
# Of texts that are only bytes PostgreSQL knows no characters: searches compare their lower case.
UNFOLDED = """
    CREATE FUNCTION search_text(value text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN NULL::text
"""
COMPARED = {
    '"user"': "email || ' ' || coalesce(full_name, '')",
    "item": "title || ' ' || coalesce(description, '')",
}


def upgrade() -> None:
    """Normalize every text, and add the column that searches compare."""
    unseen = f"(?![\u202a-\u202e\u2066-\u2069])[{IGNORABLE}]"
    sets = {
        "odd": ODD,
        "odd_text": ODD_TEXT,
        "unseen": unseen,
        "unwanted": f"[{UNWANTED}]+",
        "unwanted_or_control": f"[{UNWANTED}{CONTROLS}]+",
        "blanks": f"[ \t\n{BREAKS}{SEPARATORS}{CONTROLS}]+",
        "breaks": f"\r\n|[{BREAKS}]",
        "tabs": "[\t\x1c-\x1f]",
        "invisible": f"[{IGNORABLE}{EMPTY_GLYPHS} \n{SEPARATORS}]+",
        "edges": " \n\u00ad\u200b\xa0\u2800\u3000\u3164\uffa0",
        "dropped": f"[{IGNORABLE}{EMPTY_GLYPHS}{MARKS}]+",
        "acute": "\u00b4\u1ffd",
        "letters": "".join(LETTERS),
        "plain": "".join(LETTERS.values()),
    }
    quoted = {name: "'" + value.replace("'", "''") + "'" for name, value in sets.items()}
    steps = (KEPT, ONE_LINE, PARAGRAPHS, ITEMS, USERS, ADDRESSES, TOKENS, SEARCH_TEXT)
    for step in steps if _is_unicode() else (UNFOLDED,):
        op.execute(step.format(**quoted))
    for table, texts in COMPARED.items():
        # It also writes the table anew, without what the updates left behind.
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN search_text text"
            f" GENERATED ALWAYS AS (search_text({texts})) STORED"
        )


def downgrade() -> None:
    """Drop the column that searches compare; texts stay normalized."""
    for table in COMPARED:
        op.execute(f"ALTER TABLE {table} DROP COLUMN search_text")
    op.execute("DROP FUNCTION search_text(text)")


def _is_unicode() -> bool:
    if op.get_context().as_sql:
        return True  # printed, for a database that nobody can ask
    return bool(op.get_bind().exec_driver_sql("SHOW server_encoding").scalar() == "UTF8")
