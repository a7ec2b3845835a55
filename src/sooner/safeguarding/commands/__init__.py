"""What changes the safeguarding room: one module for each concern."""
