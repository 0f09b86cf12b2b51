"""Prepares an installation: schema, database roles, first superuser, sample data."""
