"""A small client of the API: hand in, follow, read the report. Standard library only.

A test compares its requests, and the fields that it reads, with the published schema.
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlencode
from uuid import uuid4

# How often a request is sent, with the same key, if there is no answer or a 503.
TRIES = 4


class ApiError(Exception):
    """The API refused a request or did not answer. The text is for people, the attributes for programs.

    `code` is empty if there was no answer; `pointers` name the parts of the request that were wrong.
    """

    def __init__(self, detail: str, *, code: str = "", pointers: Sequence[str] = ()) -> None:
        self.code = code
        self.pointers = tuple(pointers)
        super().__init__(detail)


@dataclass(frozen=True, kw_only=True, slots=True)
class Followed:
    """A submission as the API shows it."""

    id: str
    state: str
    given: float | None
    max: float | None
    case: int | None
    of: int | None
    ahead: int | None

    @property
    def over(self) -> bool:
        """Whether the submission is finished."""
        return self.state not in {"queued", "running"}

    @classmethod
    def of_json(cls, data: dict[str, Any]) -> Self:
        """Read a submission from the API's JSON."""
        score, progress = data["score"] or {}, data["progress"] or {}
        return cls(
            id=data["id"],
            state=data["state"],
            given=score.get("given"),
            max=score.get("max"),
            case=progress.get("case"),
            of=progress.get("of"),
            ahead=progress.get("ahead"),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Client:
    """The API at `url`, such as https://chainrule.example.org, opened with a token."""

    url: str
    token: str

    def find_assignment(self, slug: str, *, course: str | None = None) -> int:
        """Return the id of the assignment with this slug. Raises ApiError if there is none, or more than one."""
        query = urlencode({"slug": slug} | ({"course": course} if course else {}))
        items = self._call("GET", f"/assignments?{query}")["items"]
        if len(items) != 1:
            found = "more than one assignment" if items else "no assignment"
            raise ApiError(f"There is {found} called {slug} in the courses of this token.")
        return items[0]["id"]

    def hand_in(self, source: str, *, assignment: int, external_id: str | None = None) -> Followed:
        """Hand in code and return the submission. Retries after network errors, but the code is handed in only once."""
        body: dict[str, Any] = {"assignment": assignment, "source": source}
        if external_id is not None:
            body["user"] = {"external_id": external_id}
        return Followed.of_json(self._call("POST", "/submissions", body, key=str(uuid4())))

    def follow(self, submission: str, *, pause: float = 1.0) -> Iterator[Followed]:
        """Yield the submission as it is now, then after each change, until it is finished."""
        shown = None
        while True:
            now = Followed.of_json(self._call("GET", f"/submissions/{submission}"))
            if now != shown:
                yield now
            if now.over:
                return
            shown = now
            time.sleep(pause)

    def report(self, submission: str) -> dict[str, Any]:
        """Return the report of a submission."""
        return self._call("GET", f"/submissions/{submission}/report")

    def _call(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        for left in reversed(range(TRIES)):
            try:
                return self._once(method, path, body, key)
            except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
                answered = isinstance(error, urllib.error.HTTPError)
                if (answered and error.code != 503) or not left:  # type: ignore[union-attr]
                    raise self._api_error(error) from None
                time.sleep(0.5)
        raise AssertionError("the last try either returns or raises")

    def _once(self, method: str, path: str, body: Any, key: str | None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        headers |= {"Idempotency-Key": key} if key else {}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 the caller names the server
            f"{self.url.rstrip('/')}/api/v1{path}", data, headers, method=method
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.load(answer)

    def _api_error(self, error: Exception) -> ApiError:
        if not isinstance(error, urllib.error.HTTPError):
            return ApiError(f"No answer from {self.url}: {getattr(error, 'reason', error)}")
        with error:
            try:
                problem = json.load(error)
                pointers = [one["pointer"] for one in problem["errors"]]
                wrong = "".join(f"\n  {one['pointer']}: {one['detail']}" for one in problem["errors"])
                text = f"{problem['title']}: {problem['detail']}{wrong}"
                return ApiError(text, code=problem["code"], pointers=pointers)
            except (ValueError, KeyError, TypeError):
                return ApiError(f"{self.url} answered {error.code}, which is not an answer of the API.")
