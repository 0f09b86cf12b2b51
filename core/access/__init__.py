"""Permissions and credentials: what an actor may do, and what proves who somebody is."""
