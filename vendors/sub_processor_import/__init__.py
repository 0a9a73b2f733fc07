"""A vendor's list of sub-processors, as others write it, made into rows that can be looked at. Pure: no Django.

    tables = from_text.tables_in(text)                  CSV, TSV, Markdown, cells copied from a spreadsheet
    tables = from_workbook.tables_in(path)              XLSX, read in the limited child
    found = lists.read(tables, vendor="Notewell")       rows read, rows refused, each with its line and the reason

Nothing here decides: what comes out is a draft for a person.
"""
