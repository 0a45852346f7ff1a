"""The error for users: what is wrong, where, and what to do about it."""


class UserError(Exception):
    """Printed without a traceback; the program ends with status 1."""
