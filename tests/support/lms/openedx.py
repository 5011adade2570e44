"""An Open edX platform, as far as LTI goes: its own code (`lti-consumer-xblock`) in a Django project of a few lines.

    python -m tests.support.lms.openedx TOOL_URL FOLDER

writes its port into the folder. Open edX's pages need all of Open edX; what stands around a launch (who is signed in,
what the block is, the gradebook behind it) is a few lines here. Logins, launches, tokens, columns, scores and results
are answered by Open edX's own views and models.
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
        "DEBUG_PROPAGATE_EXCEPTIONS": True,  # they end up in the log
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
    be_the_rest()
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
    # The column of the block, which the LMS makes from the block's own weight and title.
    LtiAgsLineItem.objects.create(
        lti_configuration=block, resource_link_id=BLOCK, resource_id=BLOCK, label="LTI Consumer", score_maximum=1
    )


GRADES = {}


class Block:
    """What the rest of Open edX does with a grade of the block: it stands in the gradebook, as a share of one."""

    has_score = accept_grades_past_due = True

    class scope_ids:  # noqa: N801 so it is called
        usage_id = BLOCK

    def is_past_due(self):
        return False

    def max_score(self):
        return 1.0

    def set_user_module_score(self, user, score, most, comment):
        GRADES[user] = score


def be_the_rest():
    from lti_consumer.plugin import compat

    compat.load_block_as_user = lambda location: Block()
    compat.get_user_from_external_user_id = lambda user: user


def grades(request):
    from django.http import JsonResponse

    return JsonResponse(GRADES)


def the_block():
    from lti_consumer.models import LtiConfiguration

    return LtiConfiguration.objects.get()


def begin(request):
    """What a student's or a teacher's click on the block leads to: the address of the tool's login."""
    from django.http import JsonResponse
    from lti_consumer.data import Lti1p3LaunchData

    block = the_block()
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
    """The second half of a launch, as `launch_gate_endpoint` has it without the parts that ask the rest of the LMS."""
    from django.http import JsonResponse
    from lti_consumer.utils import get_data_from_cache

    said = request.GET.dict()
    consumer, data = the_block().get_lti_consumer(), get_data_from_cache(said["lti_message_hint"])
    consumer.set_user_data(user_id=data.user_id, role=data.user_role, full_name="Ada Lovelace")
    consumer.set_resource_link_claim(data.resource_link_id)
    consumer.set_context_claim("course-v1:School+Calculus+2026", context_title="Calculus")
    consumer.set_custom_parameters({"exercise": "gradients/square"})
    return JsonResponse(consumer.generate_launch_request(said))


def picked(request):
    """What Open edX makes of the tool's answer to a deep link."""
    from django.http import JsonResponse

    token = json.loads(request.body)["JWT"]
    return JsonResponse(the_block().get_lti_consumer().check_and_decode_deep_linking_token(token), safe=False)


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
    if name == "urlpatterns":  # only once Django is set up
        return _urls()
    raise AttributeError(name)


if __name__ == "__main__":
    sys.modules["tests.support.lms.openedx"] = sys.modules[__name__]
    main(*sys.argv[1:])
