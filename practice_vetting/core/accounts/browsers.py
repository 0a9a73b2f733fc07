"""What a browser says of itself, in plain words. It may lie: they help a person to remember, and decide nothing."""

_BROWSERS = [
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrom", "Chrome"),
    ("Safari", "Safari"),
]
_PLATFORMS = [
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "a Chromebook"),
    ("Mac OS", "a Mac"),
    ("Linux", "Linux"),
]


def in_words(user_agent: str) -> str:
    """ "Firefox on Windows"; "an unknown browser" when it says nothing that we know."""
    browser = next((words for mark, words in _BROWSERS if mark in user_agent), "")
    platform = next((words for mark, words in _PLATFORMS if mark in user_agent), "")
    if not browser:
        browser = "an unknown browser"
    return f"{browser} on {platform}" if platform else browser
