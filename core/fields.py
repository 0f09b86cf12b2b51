"""What people may type into each field, with error messages in their words."""

from collections.abc import Mapping
from typing import Annotated, TypeVar

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from core.errors import Invalid
from core.models import (
    DESCRIPTION_LENGTH,
    EMAIL_LENGTH,
    NAME_LENGTH,
    TITLE_LENGTH,
    TOKEN_NAME_LENGTH,
)

LARGEST_ID = 2**63 - 1  # PostgreSQL's bigint
SEARCH_LENGTH = 255
PASSWORD_MINIMUM = 10
PASSWORD_MAXIMUM = 128

MESSAGES = {
    "missing": "This is needed.",
    "extra_forbidden": "There is no such field, or another one takes its place here.",
}

Form = TypeVar("Form", bound=BaseModel)

# The addresses of an intranet (`ann@tally.local`) are as good as any; emptying this list is the
# way that the library documents.
SPECIAL_USE_DOMAIN_NAMES.clear()


def parse(form: type[Form], values: Mapping[str, object]) -> Form:
    """Return `values` as a validated `form`; raise `Invalid` with one message a field."""
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
            raise _refuse("This contains a NUL character (U+0000), which cannot be stored.")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise _refuse("This contains half a character (an unpaired surrogate).")
    return value


def _stripped(value: object) -> object:
    value = _plain(value)
    return value.strip() if isinstance(value, str) else value


def _optional(value: object) -> object:
    value = _stripped(value)
    return None if value == "" else value


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
        checked = validate_email(value, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        raise _refuse(f"This is not an e-mail address: {error}") from error
    return checked.normalized.lower()


def _password(value: str) -> str:
    if not PASSWORD_MINIMUM <= len(value) <= PASSWORD_MAXIMUM:
        raise _refuse(f"Use {PASSWORD_MINIMUM} to {PASSWORD_MAXIMUM} characters.")
    return value


def _schema(**keywords: object) -> WithJsonSchema:
    """Return how a field is described to programs: as much of its rule as JSON Schema can say."""
    return WithJsonSchema({"type": "string", **keywords})


def _schema_or_null(**keywords: object) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [{"type": "string", **keywords}, {"type": "null"}]})


Email = Annotated[
    str,
    BeforeValidator(_stripped),
    _at_most(EMAIL_LENGTH),
    AfterValidator(_email),
    _schema(format="email", maxLength=EMAIL_LENGTH),
]
FullName = Annotated[
    str | None,
    BeforeValidator(_optional),
    _at_most(NAME_LENGTH),
    _schema_or_null(maxLength=NAME_LENGTH),
]
Title = Annotated[
    str,
    BeforeValidator(_stripped),
    AfterValidator(_title),
    _at_most(TITLE_LENGTH),
    _schema(minLength=1, maxLength=TITLE_LENGTH),
]
Description = Annotated[
    str | None,
    BeforeValidator(_optional),
    _at_most(DESCRIPTION_LENGTH),
    _schema_or_null(maxLength=DESCRIPTION_LENGTH),
]
Password = Annotated[
    str,
    BeforeValidator(_plain),
    AfterValidator(_password),
    _schema(format="password", minLength=PASSWORD_MINIMUM, maxLength=PASSWORD_MAXIMUM),
]
TokenName = Annotated[
    str,
    BeforeValidator(_stripped),
    AfterValidator(_token_name),
    _at_most(TOKEN_NAME_LENGTH),
]
Search = Annotated[str, BeforeValidator(_plain), _at_most(SEARCH_LENGTH)]
Id = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=LARGEST_ID)]
