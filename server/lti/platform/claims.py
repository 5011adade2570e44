"""The names of LTI's claims and scopes, and functions that read claims: a platform can send data of any shape."""

from typing import Any

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
MESSAGE_TYPE = f"{LTI}message_type"
VERSION = f"{LTI}version"
DEPLOYMENT_ID = f"{LTI}deployment_id"
TARGET_LINK_URI = f"{LTI}target_link_uri"
RESOURCE_LINK = f"{LTI}resource_link"
CONTEXT = f"{LTI}context"
ROLES = f"{LTI}roles"
CUSTOM = f"{LTI}custom"
LIS = f"{LTI}lis"
TOOL_PLATFORM = f"{LTI}tool_platform"
PRESENTATION = f"{LTI}launch_presentation"

DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/"
DL_SETTINGS = f"{DEEP_LINKING}deep_linking_settings"
DL_ITEMS = f"{DEEP_LINKING}content_items"
DL_DATA = f"{DEEP_LINKING}data"

AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
AGS_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/"
LINE_ITEM = f"{AGS_SCOPE}lineitem"
RESULT = f"{AGS_SCOPE}result.readonly"
SCORE = f"{AGS_SCOPE}score"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"

RESOURCE_MESSAGE = "LtiResourceLinkRequest"
DEEP_LINK_MESSAGE = "LtiDeepLinkingRequest"

Claims = dict[str, Any]


def part(claims: Claims, name: str) -> Claims:
    """Return a claim that is an object; empty if it is something else."""
    value = claims.get(name)
    return value if isinstance(value, dict) else {}


def string(claims: Claims, name: str, *, most: int = 1000) -> str:
    """Return a claim that is a string, cut to `most` characters; empty if it is something else."""
    value = claims.get(name)
    return value.replace("\0", "")[:most] if isinstance(value, str) else ""


def strings(claims: Claims, name: str) -> list[str]:
    """Return the strings in a claim that is a list; empty if it is not a list."""
    value = claims.get(name)
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def address(claims: Claims, name: str) -> str:
    """Return a claim that is a web address; empty if it is something else or has more than 1,000 characters."""
    value = claims.get(name)
    if not isinstance(value, str) or len(value) > 1000 or not value.startswith(("https://", "http://")):
        return ""
    return value if value.isascii() and value.isprintable() else ""


def custom(claims: Claims, name: str) -> str:
    """Return a custom parameter. One that the platform did not fill in (`$Name`) counts as absent."""
    value = string(part(claims, CUSTOM), name)
    return "" if value.startswith("$") else value
