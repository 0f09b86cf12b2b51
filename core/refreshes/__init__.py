"""What people can do with refreshes: request, follow, verify, roll back, list."""
