"""One way to sign in, sign out and change a password for the administration pages and all others.

Django's admin has pages of its own for these, without limits on wrong passwords and without a second factor. They lead
to the pages that everybody uses.
"""

from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.account.views import logout
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

NO_ADMINISTRATOR = (
    "Only administrators can open these pages. If you have another account that can, sign out and sign in with it."
)
NO_SECOND_FACTOR = "Administrators need a second factor on this server. Set it up, then open the page again."


def use_one_sign_in(site: AdminSite) -> None:
    """Make the administration pages use the site's own sign-in, sign-out and password pages.

    Only administrators can open them.
    """
    site.has_permission = lambda request: is_administrator(request.user) and _has_factor(request)  # type: ignore[method-assign]
    site.login = _login(site.login)  # type: ignore[method-assign]
    site.logout = logout  # type: ignore[method-assign]
    site.password_change = _change_password  # type: ignore[method-assign,assignment]


def _login(admin_login: Any) -> Any:
    """Return the view of /admin/login/: it leads to the site's sign-in and back, or says why somebody cannot enter."""
    secure = secure_admin_login(admin_login)

    @login_not_required
    def login(request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.user.is_authenticated:
            if not is_administrator(request.user):
                raise PermissionDenied(NO_ADMINISTRATOR)
            if not _has_factor(request):
                messages.warning(request, NO_SECOND_FACTOR)
                return redirect("mfa_index")
        return secure(request, extra_context=extra_context)

    return login


def is_administrator(user: Any) -> bool:
    """Whether somebody has all rights on this server. Django's `is_staff` alone gives none."""
    return bool(user.is_active and user.is_superuser)


def require_administrator(request: HttpRequest) -> None:
    """Raise Http404 for everybody but administrators; PermissionDenied for one without the second factor."""
    if not is_administrator(request.user):
        raise Http404
    if not _has_factor(request):
        raise PermissionDenied(NO_SECOND_FACTOR)


def _has_factor(request: HttpRequest) -> bool:
    return not settings.ADMIN_SECOND_FACTOR or is_mfa_enabled(request.user)


def _change_password(_: HttpRequest, **__: Any) -> HttpResponse:
    return redirect("account_change_password")
