"""Services for users and items: create, change, delete, restore and import."""
