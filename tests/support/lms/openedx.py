"""An Open edX platform reduced to LTI: its own code (`lti-consumer-xblock`) in a small Django project.

    python -m tests.support.lms.openedx TOOL_URL FOLDER

writes its port into the file `port` in the folder. The pages of Open edX need all of Open edX, so this file replaces
what surrounds a launch (the signed-in user, the block, the gradebook). Open edX's own views and models handle logins,
launches, tokens, columns, scores and results.
"""

import json
import sys
import warnings
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

BLOCK = "block-v1:School+Calculus+2026+type@lti_consumer+block@one"


def settings(folder, server):
    return {
        "ALLOWED_HOSTS": ["*"],
        "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "edx.sqlite3")}},
        "DEBUG_PROPAGATE_EXCEPTIONS": True,  # so that errors are in the log
        "DEFAULT_AUTO_FIELD": "django.db.models.AutoField",
        "INSTALLED_APPS": [
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "rest_framework",
            "lti_consumer",
        ],
        "LTI_API_BASE": f"http://127.0.0.1:{server.server_port}",
        "PLATFORM_NAME": "Open edX",
        "ROOT_URLCONF": __name__,
        "SECRET_KEY": "a test's",
        "USAGE_ID_PATTERN": r"(?P<usage_id>(?:[^/]+))",
        "USE_TZ": True,
    }


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


def main(tool, folder):
    warnings.simplefilter("ignore")
    server = make_server("127.0.0.1", 0, None, handler_class=Quiet)
    from django.conf import settings as django_settings

    django_settings.configure(**settings(Path(folder), server))
    import django
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    django.setup()
    call_command("migrate", verbosity=0)
    make_block(tool)
    replace_the_lms()
    server.set_app(get_wsgi_application())
    Path(folder, "port").write_text(str(server.server_port))
    server.serve_forever()


def make_block(tool):
    from lti_consumer.models import Lti1p3Passport, LtiAgsLineItem, LtiConfiguration

    passport = Lti1p3Passport.objects.create(lti_1p3_tool_keyset_url=f"{tool}/lti/jwks")
    block = LtiConfiguration.objects.create(
        version=LtiConfiguration.LTI_1P3,
        config_store=LtiConfiguration.CONFIG_ON_DB,
        location=BLOCK,
        lti_1p3_passport=passport,
        lti_1p3_launch_url=f"{tool}/lti/launch",
        lti_1p3_oidc_url=f"{tool}/lti/login",
        lti_1p3_redirect_uris=[f"{tool}/lti/launch", f"{tool}/lti/deep-link"],
        lti_advantage_ags_mode=LtiConfiguration.LTI_ADVANTAGE_AGS_DECLARATIVE,
        lti_advantage_deep_linking_enabled=True,
        lti_advantage_deep_linking_launch_url=f"{tool}/lti/deep-link",
    )
    # The column of the block; a full LMS makes it from the block's weight and title.
    LtiAgsLineItem.objects.create(
        lti_configuration=block, resource_link_id=BLOCK, resource_id=BLOCK, label="LTI Consumer", score_maximum=1
    )


GRADES = {}


class Block:
    """Replaces the block in the LMS, which puts each grade into the gradebook as a share of one."""

    has_score = accept_grades_past_due = True

    class scope_ids:  # noqa: N801 the name that Open edX uses
        usage_id = BLOCK

    def is_past_due(self):
        return False

    def max_score(self):
        return 1.0

    def set_user_module_score(self, user, score, max_score, comment):
        GRADES[user] = score


def replace_the_lms():
    from lti_consumer.plugin import compat

    compat.load_block_as_user = lambda location: Block()
    compat.get_user_from_external_user_id = lambda user: user


def grades(request):
    from django.http import JsonResponse

    return JsonResponse(GRADES)


def get_block():
    from lti_consumer.models import LtiConfiguration

    return LtiConfiguration.objects.get()


def begin(request):
    """Start a launch, as a click on the block does: return the address of the tool's login."""
    from django.http import JsonResponse
    from lti_consumer.data import Lti1p3LaunchData

    block = get_block()
    data = Lti1p3LaunchData(
        user_id=request.GET["user"],
        user_role=request.GET["role"],
        config_id=str(block.config_id),
        resource_link_id=BLOCK,
        message_type=request.GET["message"],
    )
    return JsonResponse(
        {
            "login": block.get_lti_consumer().prepare_preflight_url(data),
            "client_id": block.lti_1p3_client_id,
            "passport": str(block.lti_1p3_passport.passport_id),
        }
    )


def launch(request):
    """Finish a launch, as Open edX's `launch_gate_endpoint` does, without the parts that need the rest of the LMS."""
    from django.http import JsonResponse
    from lti_consumer.utils import get_data_from_cache

    preflight = request.GET.dict()
    consumer, data = get_block().get_lti_consumer(), get_data_from_cache(preflight["lti_message_hint"])
    consumer.set_user_data(user_id=data.user_id, role=data.user_role, full_name="Ada Lovelace")
    consumer.set_resource_link_claim(data.resource_link_id)
    consumer.set_context_claim("course-v1:School+Calculus+2026", context_title="Calculus")
    consumer.set_custom_parameters({"exercise": "gradients/square"})
    return JsonResponse(consumer.generate_launch_request(preflight))


def picked(request):
    """Decode the tool's response to a deep link request with Open edX's own code."""
    from django.http import JsonResponse

    token = json.loads(request.body)["JWT"]
    return JsonResponse(get_block().get_lti_consumer().check_and_decode_deep_linking_token(token), safe=False)


def _urls():
    from django.urls import include, path

    return [
        path("begin", begin),
        path("launch", launch),
        path("picked", picked),
        path("grades", grades),
        path("", include("lti_consumer.plugin.urls")),
    ]


def __getattr__(name):
    if name == "urlpatterns":  # the views can be imported only after django.setup()
        return _urls()
    raise AttributeError(name)


if __name__ == "__main__":
    sys.modules["tests.support.lms.openedx"] = sys.modules[__name__]
    main(*sys.argv[1:])
