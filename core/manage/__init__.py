"""Users and items: created, changed, deleted and imported."""
