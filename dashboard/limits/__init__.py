"""What one person or client may take, so that nobody keeps another out."""
