"""An installation made ready: schema, roles, first superuser, sample data."""
