"""Letters: what they say (``letters/``), how they are put together (``compose``), how they leave (``post``)."""
