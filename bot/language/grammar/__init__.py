"""The grammar: what people say, as data, one file per language, and what makes patterns of it."""
