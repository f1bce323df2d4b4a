"""How fast the registry is at scale, beside a bare Flask page in the same run: ``make bench``."""
