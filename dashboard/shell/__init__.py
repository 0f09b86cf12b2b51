"""What stands around every page: navigation, header and how fresh the data is."""
