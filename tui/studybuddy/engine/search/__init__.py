"""File search: text out of files, chunks, an index of them, and citations."""
