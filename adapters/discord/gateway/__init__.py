"""What Discord's gateway delivers."""
