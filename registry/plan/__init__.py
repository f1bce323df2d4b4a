"""Plans, goal groups, goal areas, sub-goals, measures, activities, responsibilities and import."""
