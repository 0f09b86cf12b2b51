"""What people may type into each field, with error messages in their words."""

from collections.abc import Mapping
from typing import Annotated, TypeVar

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, BeforeValidator, ValidationError
from pydantic_core import PydanticCustomError

from core.errors import Invalid
from core.models import DESCRIPTION_LENGTH, EMAIL_LENGTH, NAME_LENGTH, TITLE_LENGTH

PASSWORD_MINIMUM = 10
PASSWORD_MAXIMUM = 128

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
    return "This is needed." if kind == "missing" else message


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
    return _stripped(value) or None


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


Email = Annotated[str, BeforeValidator(_stripped), _at_most(EMAIL_LENGTH), AfterValidator(_email)]
FullName = Annotated[str | None, BeforeValidator(_optional), _at_most(NAME_LENGTH)]
Title = Annotated[str, BeforeValidator(_stripped), AfterValidator(_title), _at_most(TITLE_LENGTH)]
Description = Annotated[str | None, BeforeValidator(_optional), _at_most(DESCRIPTION_LENGTH)]
Password = Annotated[str, BeforeValidator(_plain), AfterValidator(_password)]
