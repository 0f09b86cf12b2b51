"""The audit trail: who did what; written with each change, searched and shown."""
