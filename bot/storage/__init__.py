"""Everything that must survive, in one database."""
