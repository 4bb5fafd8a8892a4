"""Picture files: checked, decoded, resized, kept, downloaded."""
