"""The columns of users and items, each described once."""
