"""Which files we keep. A file's name and its content must both say the same type."""

#: what a file name may end in -> the type that its content must then have
CONTENT_TYPES = {
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".eml": "message/rfc822",
    ".txt": "text/plain",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".mdx": "text/markdown",
    ".md": "text/markdown",
}

#: for the `accept` attribute of a file input
ENDINGS = ",".join(CONTENT_TYPES)

IN_WORDS = "PDF, image (PNG, JPEG), Word (.docx), Excel (.xlsx), e-mail (.eml) or plain text (.txt, .csv, .md)"
MAKE_PLAIN = "Open it, choose “Print”, then “Save as PDF”, and add that PDF."

#: endings that people do try -> what to do instead
INSTEAD = {
    **dict.fromkeys([".docm", ".dotm", ".xlsm", ".xltm", ".xlsb"], f"This file can hold macros. {MAKE_PLAIN}"),
    **dict.fromkeys([".doc", ".xls", ".rtf"], f"This is an old Office type that can hold macros. {MAKE_PLAIN}"),
    **dict.fromkeys(
        [".ppt", ".pptx", ".odt", ".ods", ".pages", ".html", ".htm"],
        f"We do not keep this type. {MAKE_PLAIN}",
    ),
    **dict.fromkeys(
        [".zip", ".7z", ".rar", ".gz", ".tar"], "This is an archive. Unpack it and add each file by itself."
    ),
    **dict.fromkeys(
        [".heic", ".heif", ".webp", ".tif", ".tiff"],
        "We do not keep this kind of image. Save it as PNG or JPEG.",
    ),
    ".msg": f"Outlook keeps e-mails in a type of its own. {MAKE_PLAIN}",
}


def ending(name: str) -> str:
    """The last ending of a file name in lower case, with its dot; "" when it has none."""
    head, dot, tail = name.rpartition(".")
    return f".{tail.strip().lower()}" if dot and head else ""
