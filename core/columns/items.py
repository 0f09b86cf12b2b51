"""The columns of items, in the order of snapshots and exports."""

from core.columns.column import Column
from core.db.fields import Email, Id, Title, optional_text
from core.db.models import DESCRIPTION_LENGTH, Item, User

ITEM_COLUMNS = (
    Column("id", Item.id, heading="Id", width=70, alias="item_id", order=1),
    Column("owner_id", Item.owner_id, rule=Id),
    Column(
        "owner_email",
        User.email,
        rule=Email,
        label="Owner's e-mail address",
        heading="Owner",
        width=220,
        autocomplete="off",
        also=("owner", "owneremailaddress"),
        imported=True,
        extracted=False,  # in snapshots it is a column of users
    ),
    Column("title", Item.title, rule=Title, label="Title", width=220, imported=True, order=-1),
    Column(
        "description",
        Item.description,
        rule=optional_text(DESCRIPTION_LENGTH),
        label="Description",
        width=210,
        area=True,
        imported=True,
    ),
    Column(
        "created_at",
        Item.created_at,
        heading="Created",
        width=125,
        also=("created", "createdon", "joined"),
        imported=True,
    ),
    Column(
        "updated_at",
        Item.updated_at,
        heading="Updated",
        width=125,
        also=("updated", "updatedon"),
        imported=True,
    ),
    Column("search_text", Item.search_text, exported=False),
)
