"""The columns of items, in the order of snapshots and exports."""

from core.columns.column import Column
from core.db.fields import Description, Email, Id, Title
from core.db.models import Item, User

ITEM_COLUMNS = (
    Column("id", Item.id, alias="item_id", order=1),
    Column("owner_id", Item.owner_id, rule=Id),
    Column(
        "owner_email",
        User.email,
        rule=Email,
        also=("owner", "owneremailaddress"),
        imported=True,
        extracted=False,  # it is a column of users there
    ),
    Column("title", Item.title, rule=Title, imported=True, order=-1),
    Column("description", Item.description, rule=Description, imported=True),
    Column("created_at", Item.created_at, also=("created", "createdon", "joined"), imported=True),
    Column("updated_at", Item.updated_at, also=("updated", "updatedon"), imported=True),
    Column("search_text", Item.search_text, exported=False),
)
