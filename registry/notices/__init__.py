"""What people are told: alerts, one mail a day, reminders, notices to boards; and the outbox."""
