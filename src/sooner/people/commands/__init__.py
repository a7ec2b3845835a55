"""What changes the people's room: resolving descriptions to persons, loading extracts, an officer's corrections."""
