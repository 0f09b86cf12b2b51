"""Which kind of CSV Excel opens correctly, depending on its region."""

# Languages with a decimal comma (CLDR); Excel then separates cells by semicolons.
LANGUAGES = (
    "af az be bg bs ca cs da de el es et eu fi fr gl hr hu hy id is it ka kk ky lt lv mk mn nb nl "
    "nn no pl pt ro ru sk sl sq sr sv tr uk uz vi"
)
SPANISH_WITH_POINTS = "419 DO GT HN MX NI PA PE PR SV US"
ENGLISH_WITH_COMMAS = "ZA"


def wants_semicolons(locale: str | None) -> bool:
    """Tell whether Excel separates cells by semicolons in a locale such as `de-AT`."""
    language, *others = (locale or "").replace("_", "-").split("-")
    region = others[-1].upper() if others else ""
    match language.lower():
        case "es":
            return region not in SPANISH_WITH_POINTS.split()
        case "en":
            return region in ENGLISH_WITH_COMMAS.split()
        case other:
            return other in LANGUAGES.split()
