"""What the business knows: settings, people, items, audit and analytics reads."""
