"""One try at a row of an outbox: claim it, send it, record the try, then decide what happens next.

A row is claimed in a transaction of its own before it is sent, so two workers never make the same try. The claim is a
lease: if the worker dies, another worker sends the row again after the lease has expired. So each message is delivered
at least once, and the receiver must recognize copies.
"""

import time
from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from server.outbox.rows import PENDING, OutboxRow

MAX_DUE = 200

Row = TypeVar("Row", bound=OutboxRow)
Outcome = TypeVar("Outcome")


class Sender(ABC, Generic[Row, Outcome]):
    """Sends the rows of one table. Subclasses say which rows, how, and what follows from the outcome."""

    def try_once(self, pk: Any) -> str | None:
        """Make one try at a row that is due and return its state afterwards; None if there is nothing to do."""
        row = self._claim(pk)
        if row is None:
            return None
        began, at = time.monotonic(), timezone.now()
        outcome = self.send(row)
        self.record_try(row, outcome, at=at, seconds=round(time.monotonic() - began, 3))
        with transaction.atomic():
            return self.settle(row, outcome)

    def due(self) -> list[Any]:
        """Return the keys of the rows that are due, the oldest first, at most MAX_DUE of them."""
        rows = self.open_rows().filter(state=PENDING, due_at__lte=timezone.now())
        return list(rows.order_by("due_at").values_list("pk", flat=True)[:MAX_DUE])

    @transaction.atomic
    def _claim(self, pk: Any) -> Row | None:
        row, now = self.rows().select_for_update(of=("self",)).filter(pk=pk).first(), timezone.now()
        if row is None or row.state != PENDING or row.due_at > now or not self.prepare(row, now):
            return None
        row.tried += 1
        self.lease(row, now)
        return row

    @abstractmethod
    def rows(self) -> QuerySet[Row]:
        """Return the table, with the related rows that `send` needs."""

    @abstractmethod
    def open_rows(self) -> QuerySet[Row]:
        """Return the rows whose receiver is enabled."""

    @abstractmethod
    def prepare(self, row: Row, now: datetime) -> bool:
        """Decide whether a locked row that is due can be sent now. If not, save what the row needs for that."""

    @abstractmethod
    def lease(self, row: Row, now: datetime) -> None:
        """Save the claim, with `tried` and a time until which no other worker takes the row."""

    @abstractmethod
    def send(self, row: Row) -> Outcome:
        """Send the row, outside of any transaction. Never raises because of the receiver or the network."""

    @abstractmethod
    def record_try(self, row: Row, outcome: Outcome, *, at: datetime, seconds: float) -> None:
        """Add the try to the log of tries."""

    @abstractmethod
    def settle(self, row: Row, outcome: Outcome) -> str:
        """Save what follows from the outcome and return the state. Called inside a transaction."""
