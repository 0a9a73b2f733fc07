"""What must hold before the product starts: the catalogue can be read, and every edition in it is sound."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from checklists.catalogue import FOLDER, CatalogueError, edition
from vendors.clauses import clause_list


@register()
def catalogue_is_sound(**kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for folder in sorted(path for path in FOLDER.iterdir() if path.is_dir()):
        try:
            clause_list(edition(folder.name).clause_list)
        except CatalogueError as trouble:
            found.append(Error(str(trouble), hint="Restore the file from the release.", id="checklists.E001"))
    return found
