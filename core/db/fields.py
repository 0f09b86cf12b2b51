"""What people may type into each field, with error messages for them."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from email_validator import EmailNotValidError
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from core.db.models import (
    EMAIL_LENGTH,
    NAME_LENGTH,
    TITLE_LENGTH,
    TOKEN_NAME_LENGTH,
)
from core.errors import Invalid
from core.text import characters
from core.text.addresses import as_typed, normalize_address

LARGEST_ID = 2**63 - 1  # PostgreSQL's bigint
SEARCH_LENGTH = 255
PASSWORD_MINIMUM = 10
PASSWORD_MAXIMUM = 128

MESSAGES = {
    "missing": "This is needed.",
    "extra_forbidden": "There is no such field, or another one takes its place here.",
}

Form = TypeVar("Form", bound=BaseModel)


def parse(form: type[Form], values: Mapping[str, object]) -> Form:
    """Validate `values` as a `form`; raise `Invalid` with one message per field."""
    try:
        return form.model_validate(values)
    except ValidationError as error:
        raise Invalid(
            {
                str(e["loc"][0]) if e["loc"] else "form": _message(e["type"], e["msg"])
                for e in error.errors()
            }
        ) from error


def _message(kind: str, message: str) -> str:
    return MESSAGES.get(kind, message)


def _refuse(message: str) -> PydanticCustomError:
    return PydanticCustomError("field", "{reason}", {"reason": message})


def _plain(value: object) -> object:
    if isinstance(value, str):
        if "\x00" in value:
            raise _refuse(characters.NUL)
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise _refuse(characters.SURROGATE)
    return value


def _sound(value: str) -> str:
    if fault := characters.find_fault(value):
        raise _refuse(fault)
    if value.strip() and not characters.is_visible(value):
        raise _refuse("This has only characters that cannot be seen.")
    return value


def _address(value: object) -> object:
    value = _plain(value)
    return as_typed(value) if isinstance(value, str) else value


def _line(value: object) -> object:
    return characters.one_line(_sound(value)) if isinstance(value, str) else value


def _optional_line(value: object) -> object:
    return _line(value) or None if isinstance(value, str) else value


def _optional_text(value: object) -> object:
    return characters.paragraphs(_sound(value)) or None if isinstance(value, str) else value


def _whole(value: object) -> object:
    # To JSON, 7.0 is the same integer as 7.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _at_most(limit: int) -> AfterValidator:
    def check(value: str | None) -> str | None:
        if value is not None and len(value) > limit:
            raise _refuse(f"Use at most {limit:,} characters; this has {len(value):,}.")
        return value

    return AfterValidator(check)


def _title(value: str) -> str:
    if not value:
        raise _refuse("Give it a title.")
    return value


def _token_name(value: str) -> str:
    if not value:
        raise _refuse("Say what this token is for.")
    return value


def _email(value: str) -> str:
    if not value:
        raise _refuse("Enter an e-mail address.")
    try:
        return normalize_address(value)
    except EmailNotValidError as error:
        raise _refuse(f"This is not an e-mail address: {error}") from error


def _password(value: str) -> str:
    if not PASSWORD_MINIMUM <= len(value) <= PASSWORD_MAXIMUM:
        raise _refuse(f"Use {PASSWORD_MINIMUM} to {PASSWORD_MAXIMUM} characters.")
    return value


def _schema(**keywords: object) -> WithJsonSchema:
    """Return the JSON Schema of a field, with as much of its rule as JSON Schema can express."""
    return WithJsonSchema({"type": "string", **keywords})


def _schema_or_null(**keywords: object) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [{"type": "string", **keywords}, {"type": "null"}]})


def optional_line(limit: int) -> Any:
    """Return the type of a line of text that may be missing, of at most `limit` characters."""
    rules = (BeforeValidator(_optional_line), _at_most(limit), _schema_or_null(maxLength=limit))
    return Annotated[str | None, *rules]


def optional_text(limit: int) -> Any:
    """Return the type of a text of several lines that may be missing."""
    rules = (BeforeValidator(_optional_text), _at_most(limit), _schema_or_null(maxLength=limit))
    return Annotated[str | None, *rules]


Email = Annotated[
    str,
    BeforeValidator(_address),
    _at_most(EMAIL_LENGTH),
    AfterValidator(_email),
    _schema(format="email", maxLength=EMAIL_LENGTH),
]
FullName = Annotated[
    str | None,
    BeforeValidator(_optional_line),
    _at_most(NAME_LENGTH),
    _schema_or_null(maxLength=NAME_LENGTH),
]
Title = Annotated[
    str,
    BeforeValidator(_line),
    AfterValidator(_title),
    _at_most(TITLE_LENGTH),
    _schema(minLength=1, maxLength=TITLE_LENGTH),
]
Password = Annotated[
    str,
    BeforeValidator(_plain),
    AfterValidator(_password),
    _schema(format="password", minLength=PASSWORD_MINIMUM, maxLength=PASSWORD_MAXIMUM),
]
TokenName = Annotated[
    str,
    BeforeValidator(_line),
    AfterValidator(_token_name),
    _at_most(TOKEN_NAME_LENGTH),
]
Search = Annotated[
    str, BeforeValidator(_plain), AfterValidator(characters.searched), _at_most(SEARCH_LENGTH)
]
Id = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=LARGEST_ID)]
