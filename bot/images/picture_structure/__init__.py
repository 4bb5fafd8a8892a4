"""What a picture file is made of, read without decoding it, and the file without its metadata."""
