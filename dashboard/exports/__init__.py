"""Exported files and pictures: routes, menus, and drawing."""
