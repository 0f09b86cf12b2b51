"""The words for the names of invented users and items."""

from unicodedata import normalize

GIVEN_NAMES = (
    *("Ada", "Ahmed", "Aiko", "Alba", "Amara", "Anders", "Anna", "Aoife", "Björn", "Carlos"),
    *("Chiara", "Chloé", "Daniel", "Daria", "Dmitri", "Elena", "Élodie", "Emeka", "Emma", "Erik"),
    *("Fatima", "Felix", "Grace", "Hana", "Hugo", "Ifeoma", "Ines", "Ivan", "Jana", "Jin"),
    *("José", "Jürgen", "Kaito", "Katja", "Kofi", "Lars", "Leila", "Lin", "Lucas", "Mai"),
    *("Marek", "Maria", "Mateo", "Mira", "Nadia", "Noah", "Nuria", "Olga", "Omar", "Pavel"),
    *("Priya", "Rahul", "Renée", "Rosa", "Samir", "Sara", "Sofia", "Tariq", "Tomás", "Uma"),
    *("Valentina", "Victor", "Wei", "Yara", "Yusuf", "Zeynep", "Zoë", "Zuzana"),
)
FAMILY_NAMES = (
    *("Abara", "Adeyemi", "Almeida", "Andersson", "Bauer", "Berg", "Bianchi", "Chen", "Costa"),
    *("Dang", "Diaz", "Dubois", "Eriksen", "Fischer", "Fontaine", "García", "Gupta", "Haddad"),
    *("Hansen", "Hoffmann", "Horváth", "Ito", "Ivanova", "Jansen", "Kaya", "Keller", "Khan"),
    *("Kim", "Kowalski", "Kumar", "Larsen", "Lopes", "Martin", "Mbeki", "Mensah", "Meyer"),
    *("Moreau", "Müller", "Nakamura", "Nguyen", "Novák", "Núñez", "Okafor", "Olsen", "Park"),
    *("Pereira", "Petrov", "Ramos", "Rossi", "Sato", "Schmidt", "Silva", "Singh", "Suzuki"),
    *("Tanaka", "Torres", "Vargas", "Virtanen", "Weber", "Wong", "Yamamoto", "Zhang"),
)
ADJECTIVES = (
    *("Annual", "Approved", "Blue", "Central", "Compact", "Daily", "Draft", "Eastern", "External"),
    *("Final", "Green", "Heavy", "Internal", "Joint", "Light", "Local", "Mobile", "Modular"),
    *("Monthly", "New", "Northern", "Open", "Portable", "Quarterly", "Regional", "Remote"),
    *("Revised", "Shared", "Silent", "Southern", "Spare", "Standard", "Urgent", "Weekly"),
)
NOUNS = (
    *("agreement", "archive", "badge", "battery", "blueprint", "budget", "camera", "catalogue"),
    *("checklist", "contract", "desk", "drill", "estimate", "filter", "forecast", "handbook"),
    *("headset", "inventory", "invoice", "keyboard", "lamp", "licence", "manual", "map"),
    *("microscope", "monitor", "order", "pallet", "permit", "plan", "printer", "probe"),
    *("projector", "proposal", "pump", "report", "roster", "sample", "scanner", "schedule"),
    *("sensor", "server", "survey", "tablet", "template", "toolkit", "tripod", "voucher"),
)
NOTES = (
    "Handed over at the last stocktaking.",
    "Kept at the main office until further notice.",
    "Needs a second look before the end of the quarter.",
    "On loan to another team; ask before moving it.",
    "Replaces the one from last year.",
    "Reviewed and complete.",
    "Shared by the whole team.",
    "Waiting for a signature.",
    r"\N",  # NULL in COPY's text format
)


def ascii_word(name: str) -> str:
    """Return a name for use in an address: lower case, without accents."""
    return normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
