"""Files that people attach: what is taken in, where the bytes lie, how they are handed out."""
