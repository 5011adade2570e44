"""What all administration pages share, so that each stays quick and small in an installation of any size."""

from typing import Any, ClassVar

from django.contrib.admin import ShowFacets
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin

# Rows beyond these are found with a search.
MOST_COUNTED = 10_000


class BoundedPaginator(Paginator):
    """Pages of the first rows of a table. It counts no further than they go."""

    @cached_property
    def count(self) -> int:
        """How many rows there are, at most MOST_COUNTED."""
        rows: Any = self.object_list
        return rows[:MOST_COUNTED].count() if isinstance(rows, QuerySet) else super().count


class LargeTableAdmin(ModelAdmin):
    """A list of a table that can have millions of rows. Nothing is deleted here: services do that."""

    paginator: Any = BoundedPaginator
    list_per_page = 50
    # The count of the whole table, and those of each filter.
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    ordering: ClassVar[Any] = ("-pk",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody can delete a row."""
        return False


class ReadOnlyAdmin(LargeTableAdmin):
    """A list that can only be read."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody can add a row."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody can change a row."""
        return False
