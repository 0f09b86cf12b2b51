"""What commands print: errors and progress."""
