"""Users, boards, roles, sign-in and the one table of permissions."""
