"""What all pages are laid out with."""
