"""Work that takes longer than a page may: queued, shown with its progress, done by the worker."""
