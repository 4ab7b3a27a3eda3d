"""BadInput: the exception for invalid user input; and the exit status of a worker that has lost another one."""

# "Temporary failure" in sysexits.h: the same command may succeed.
LOST_PEER = 75

__all__ = ["BadInput"]


class BadInput(ValueError):  # noqa: N818 -- "BadInputError" is no clearer
    """Raised for invalid user input; the message says what is wrong, where, and what to do.

    Recipes print the message as one line and exit; any other exception is a bug and keeps its traceback.

    Example:
        >>> raise BadInput("No folder 'pets'. Give the folder that holds train/ and valid/. Received: data='pets'")
        Traceback (most recent call last):
        kerasdl.errors.BadInput: No folder 'pets'. Give the folder that holds train/ and valid/. Received: data='pets'
    """
