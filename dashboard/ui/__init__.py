"""Widgets and layout that all pages share."""
