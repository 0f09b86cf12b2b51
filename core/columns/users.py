"""The columns of users, in the order of snapshots and exports."""

from core.columns.column import Column
from core.db.fields import Email, FullName
from core.db.models import User

USER_COLUMNS = (
    Column("id", User.id, heading="Id", width=70, alias="user_id", order=1),
    Column(
        "email",
        User.email,
        rule=Email,
        label="E-mail address",
        heading="User",
        width=280,
        autocomplete="off",
        also=("emailaddress", "mail"),
        imported=True,
    ),
    Column(
        "full_name",
        User.full_name,
        rule=FullName,
        label="Full name",
        heading="Name",
        width=200,
        autocomplete="off",
        also=("name", "displayname"),
        imported=True,
    ),
    Column(
        "is_active",
        User.is_active,
        rule=bool,
        default=True,
        label="Active",
        width=60,
        also=("active", "enabled"),
        imported=True,
    ),
    Column(
        "is_staff",
        User.is_staff,
        rule=bool,
        default=False,
        label="Staff: may sign in, see analytics and manage items",
    ),
    Column(
        "is_superuser",
        User.is_superuser,
        rule=bool,
        default=False,
        label="Superuser: may also manage users",
    ),
    Column(
        "created_at",
        User.created_at,
        heading="Created",
        width=125,
        also=("created", "createdon", "joined"),
        imported=True,
    ),
    Column(
        "updated_at",
        User.updated_at,
        heading="Updated",
        width=125,
        also=("updated", "updatedon"),
        imported=True,
    ),
    Column("search_text", User.search_text, exported=False),
)
