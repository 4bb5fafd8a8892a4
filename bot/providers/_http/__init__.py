"""What providers over HTTP share."""
