"""What a mail server answered, in plain words, and whether trying again can help. Pure: no Django."""

from smtplib import SMTPDataError, SMTPRecipientsRefused


def refusal(problem: Exception) -> str:
    """Why trying again would not help, in plain words with the server's own reason; "" when it may help."""
    if isinstance(problem, ValueError):
        return "This e-mail address or name cannot be written in a mail."
    if isinstance(problem, SMTPRecipientsRefused):
        code, answer = next(iter(problem.recipients.values()))
        return f"The mail server refused this address. It said: {_said(code, answer)}" if code >= 500 else ""
    if isinstance(problem, SMTPDataError) and problem.smtp_code >= 500:
        said = _said(problem.smtp_code, problem.smtp_error)
        return f"The mail server refused this mail. It said: {said}"
    return ""


def later(problem: Exception) -> str:
    """What is wrong for now, in plain words."""
    if isinstance(problem, SMTPRecipientsRefused):
        return f"The mail server asks us to wait. It said: {_said(*next(iter(problem.recipients.values())))}"
    if code := getattr(problem, "smtp_code", None):
        return f"The mail server did not take it. It said: {_said(code, getattr(problem, 'smtp_error', b''))}"
    return "The mail server does not answer."


def _said(code: int, answer: bytes | str) -> str:
    words = answer.decode(errors="replace") if isinstance(answer, bytes) else str(answer)
    plain = "".join(letter for letter in " ".join(words.split()) if letter.isprintable())
    return f"“{plain[:300]}” ({code})."
