"""What an action answers when it may not be done."""


class Refused(Exception):
    """The action is refused; `sentence` is what the person reads, beside `field` when it is about one."""

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field


class Stale(Refused):
    """Somebody else changed the row first. `theirs` is the row as it is now; nothing of either text is lost."""

    def __init__(self, theirs: object) -> None:
        super().__init__("Somebody else changed this while you were writing. Read both texts, then choose.")
        self.theirs = theirs
