"""The cards: their elements, and what their buttons send back."""
