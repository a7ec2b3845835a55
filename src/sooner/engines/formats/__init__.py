"""Documents of other people's making, to dataclasses and back. Pure: no Django, no database, no clock."""
