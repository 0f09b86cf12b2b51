"""What was done, by whom: written with each change, searched and shown."""
