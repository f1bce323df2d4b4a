"""Support for boards: pages that the coordinator writes, shown beside the forms they help with."""
