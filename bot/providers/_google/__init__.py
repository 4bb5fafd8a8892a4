"""What Gemini and those who imitate it share."""
