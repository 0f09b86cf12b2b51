"""The columns of users, in the order of snapshots and exports."""

from core.columns.column import Column
from core.db.fields import Email, FullName
from core.db.models import User

USER_COLUMNS = (
    Column("id", User.id, alias="user_id", order=1),
    Column("email", User.email, rule=Email, also=("emailaddress", "mail"), imported=True),
    Column("full_name", User.full_name, rule=FullName, also=("name", "displayname"), imported=True),
    Column(
        "is_active",
        User.is_active,
        rule=bool,
        default=True,
        also=("active", "enabled"),
        imported=True,
    ),
    Column("is_staff", User.is_staff, rule=bool, default=False),
    Column("is_superuser", User.is_superuser, rule=bool, default=False),
    Column("created_at", User.created_at, also=("created", "createdon", "joined"), imported=True),
    Column("updated_at", User.updated_at, also=("updated", "updatedon"), imported=True),
    Column("search_text", User.search_text, exported=False),
)
