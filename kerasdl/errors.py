"""The one exception that means: the input is at fault, and here is the way out."""


class BadInput(ValueError):  # noqa: N818 -- "BadInputError" says no more
    """Raised when what the user gave cannot be used; the message says what, where, and what to do.

    Recipes print it as one line and stop; any other exception is a defect and keeps its traceback.

    Example:
        >>> raise BadInput("No folder 'pets'. Give the folder that holds train/ and valid/. Received: data='pets'")
    """
