"""The manifests: valid by Kubernetes's published schemas, complete, and isolated from each other."""

import subprocess

import jsonschema
import kubernetes_validate
import pytest
import yaml

from deploy.capacity import scaling
from deploy.dev.base import ROOT
from tests.deploy.kustomize import containers, render

pytestmark = pytest.mark.slow

KUBERNETES = ROOT / "deploy" / "kubernetes"
OVERLAYS = ("production", "trial")
# The oldest version with sidecars by default, and the newest one with a schema.
VERSIONS = ("1.29", kubernetes_validate.latest_version())
AUTOSCALERS = ("HorizontalPodAutoscaler", "ScaledObject")
MADE_ELSEWHERE = {"certificate"}


def rendered(overlay):
    return render(KUBERNETES / "overlays" / overlay)


@pytest.fixture(params=OVERLAYS)
def documents(request):
    return rendered(request.param)


def of_kind(documents, *kinds):
    return {one["metadata"]["name"]: one for one in documents if one["kind"] in kinds}


def pods(documents):
    """The pods of all documents, by the names of the documents that make them."""
    return {
        name: one["spec"]["template"] for name, one in of_kind(documents, "Deployment", "StatefulSet", "Job").items()
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_every_document_matches_its_schema(documents, version):
    for document in documents:
        if document["kind"] != "ScaledObject":
            kubernetes_validate.validate(document, version, strict=True)


def test_every_document_has_a_unique_name(documents):
    names = [(one["kind"], one["metadata"]["name"]) for one in documents]

    assert len(names) == len(set(names))


def test_every_manifest_is_used():
    files = {path for path in KUBERNETES.rglob("*.yaml") if path.name != "kustomization.yaml"}
    named = set()
    for path in KUBERNETES.rglob("kustomization.yaml"):
        named |= {
            path.parent / name for name in yaml.safe_load(path.read_text())["resources"] if name.endswith(".yaml")
        }

    assert files == named


def test_only_the_engine_behind_gvisor_runs_as_root(documents):
    for name, pod in pods(documents).items():
        for container in containers({"spec": {"template": pod}}):
            rights = pod["spec"].get("securityContext", {}) | container["securityContext"]
            if container["name"] == "engine":
                assert pod["spec"]["runtimeClassName"] == "gvisor"
                assert not rights.get("privileged")
                continue
            assert rights["runAsNonRoot"], name
            assert rights["runAsUser"] > 0, name
            assert rights["readOnlyRootFilesystem"], name
            assert rights["capabilities"] == {"drop": ["ALL"]}, name
            assert rights["allowPrivilegeEscalation"] is False, name
            assert rights["seccompProfile"] == {"type": "RuntimeDefault"}, name


def test_no_pod_can_use_the_kubernetes_api(documents):
    assert all(pod["spec"]["automountServiceAccountToken"] is False for pod in pods(documents).values())


def test_services_have_probes_and_limits(documents):
    for name in of_kind(documents, "Deployment", "StatefulSet"):
        for container in pods(documents)[name]["spec"]["containers"]:
            assert "livenessProbe" in container, name
            assert "memory" in container["resources"]["limits"], name
            assert "cpu" in container["resources"]["requests"], name


def selects(selector, labels):
    return selector.get("matchLabels", {}).items() <= labels.items()


def reached_from(documents, labels):
    """The peers to which pods with these labels can connect: their labels, or addresses if they are outside."""
    rules = [
        rule
        for policy in of_kind(documents, "NetworkPolicy").values()
        if selects(policy["spec"]["podSelector"], labels)
        for rule in policy["spec"].get("egress", [])
    ]
    return [to.get("ipBlock") or to["podSelector"]["matchLabels"] for rule in rules for to in rule["to"]]


def let_in_to(documents, labels):
    """The peers from which pods with these labels accept connections."""
    rules = [
        rule
        for policy in of_kind(documents, "NetworkPolicy").values()
        if selects(policy["spec"]["podSelector"], labels)
        for rule in policy["spec"].get("ingress", [])
    ]
    return [source.get("podSelector") or source["namespaceSelector"] for rule in rules for source in rule["from"]]


def test_the_default_policy_allows_no_connection(documents):
    nobody = of_kind(documents, "NetworkPolicy")["nobody"]["spec"]

    assert nobody == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_a_grader_reaches_only_redis(documents):
    labels = pods(documents)["grading-cpu"]["metadata"]["labels"]

    assert reached_from(documents, labels) == [{"app": "redis"}]
    assert let_in_to(documents, labels) == []


def test_a_grader_can_look_up_no_name_and_needs_none(documents):
    pod = pods(documents)["grading-cpu"]["spec"]
    env = {one["name"]: one["value"] for one in pod["containers"][0]["env"]}

    assert pod["dnsPolicy"] == "None"
    assert pod["enableServiceLinks"] is True
    assert env["CHAINRULE_REDIS_HOST"] == "$(REDIS_SERVICE_HOST)"
    assert "redis" in of_kind(documents, "Service")


def test_only_the_server_reaches_the_database():
    documents = rendered("trial")

    assert let_in_to(documents, {"app": "postgres"}) == [{"matchLabels": {"server": "true"}}]
    assert reached_from(documents, {"app": "postgres"}) == []


def secrets_of(pod):
    return {volume["secret"]["secretName"] for volume in pod["spec"]["volumes"] if "secret" in volume}


def test_a_grader_has_one_secret_of_its_own(documents):
    held = {name: secrets_of(pod) for name, pod in pods(documents).items()}

    assert held.pop("grading-cpu") == {"grading"}
    assert set().union(*held.values()) == {"chainrule"}


def test_every_secret_is_made_by_make_secrets(documents, tmp_path):
    subprocess.run([ROOT / "deploy" / "make-secrets", tmp_path], check=True)
    wanted = {
        item["key"]
        for pod in pods(documents).values()
        for volume in pod["spec"]["volumes"]
        for item in volume.get("secret", {}).get("items", [])
    }

    assert wanted <= {path.name for path in tmp_path.iterdir()}


def test_every_reference_has_a_target(documents):
    config_maps, services = of_kind(documents, "ConfigMap"), of_kind(documents, "Service")
    for name, pod in pods(documents).items():
        volumes = pod["spec"]["volumes"] + of_kind(documents, "StatefulSet").get(name, {"spec": {}})["spec"].get(
            "volumeClaimTemplates", []
        )
        names = {volume.get("name") or volume["metadata"]["name"] for volume in volumes}
        for container in containers({"spec": {"template": pod}}):
            assert {mount["name"] for mount in container["volumeMounts"]} <= names, name
            assert {one["configMapRef"]["name"] for one in container.get("envFrom", [])} <= config_maps.keys(), name
        assert {volume["configMap"]["name"] for volume in volumes if "configMap" in volume} <= config_maps.keys()
    for one in of_kind(documents, *AUTOSCALERS).values():
        assert one["spec"]["scaleTargetRef"]["name"] in of_kind(documents, "Deployment")
    for one in [*of_kind(documents, "PodDisruptionBudget").values()]:
        assert any(selects(one["spec"]["selector"], pod["metadata"]["labels"]) for pod in pods(documents).values())
    for service in services.values():
        assert any(
            service["spec"]["selector"].items() <= pod["metadata"]["labels"].items() for pod in pods(documents).values()
        )
    for stateful in of_kind(documents, "StatefulSet").values():
        assert stateful["spec"]["serviceName"] in services


def test_an_overlay_scales_each_deployment_in_one_way(documents):
    targets = [one["spec"]["scaleTargetRef"]["name"] for one in documents if one["kind"] in AUTOSCALERS]

    assert sorted(targets) == ["grading-cpu", "web"]


def test_graders_scale_with_the_age_of_their_queue():
    autoscaler = of_kind(rendered("trial"), "HorizontalPodAutoscaler")["grading-cpu"]["spec"]
    metric = autoscaler["metrics"][0]["external"]["metric"]

    assert metric == {"name": "chainrule_queue_age_seconds", "selector": {"matchLabels": {"runtime": "cpu"}}}


# The specification of a ScaledObject and of the trigger `prometheus` in KEDA's documentation of 2.17, as far as it is
# used here: strings, integers and the fields that must be there.
TRIGGER = {
    "type": "object",
    "required": ["type", "metadata"],
    "additionalProperties": False,
    "properties": {
        "type": {"const": "prometheus"},
        "name": {"type": "string"},
        "metricType": {"enum": ["AverageValue", "Value"]},
        "metadata": {
            "type": "object",
            "required": ["serverAddress", "query", "threshold"],
            "additionalProperties": False,
            "properties": {
                "serverAddress": {"type": "string", "pattern": "^https?://"},
                "query": {"type": "string"},
                "threshold": {"type": "string", "pattern": r"^[0-9.]+$"},
                "activationThreshold": {"type": "string"},
                "ignoreNullValues": {"enum": ["true", "false"]},
            },
        },
    },
}
SCALED_OBJECT = {
    "type": "object",
    "required": ["scaleTargetRef", "triggers"],
    "additionalProperties": False,
    "properties": {
        "scaleTargetRef": {"type": "object", "required": ["name"]},
        "pollingInterval": {"type": "integer"},
        "cooldownPeriod": {"type": "integer"},
        "minReplicaCount": {"type": "integer"},
        "maxReplicaCount": {"type": "integer"},
        "fallback": {
            "type": "object",
            "required": ["failureThreshold", "replicas"],
            "additionalProperties": False,
            "properties": {
                "failureThreshold": {"type": "integer"},
                "replicas": {"type": "integer"},
                "behavior": {
                    "enum": ["static", "currentReplicas", "currentReplicasIfHigher", "currentReplicasIfLower"]
                },
            },
        },
        "advanced": {"type": "object", "properties": {"horizontalPodAutoscalerConfig": {"type": "object"}}},
        "triggers": {"type": "array", "minItems": 1, "items": TRIGGER},
    },
}


@pytest.fixture
def scaled():
    return of_kind(rendered("production"), "ScaledObject")["grading-cpu"]


def test_the_scaled_object_matches_what_keda_documents(scaled):
    jsonschema.validate(scaled["spec"], SCALED_OBJECT)

    assert scaled["apiVersion"] == "keda.sh/v1alpha1"
    # KEDA refuses a fallback if a trigger has a target of another type.
    assert {one["metricType"] for one in scaled["spec"]["triggers"]} == {"AverageValue"}


@pytest.mark.parametrize("version", VERSIONS)
def test_keda_passes_on_a_valid_autoscaler(scaled, version):
    spec = scaled["spec"]
    autoscaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "made-by-keda"},
        "spec": {
            "scaleTargetRef": spec["scaleTargetRef"],
            "minReplicas": spec["minReplicaCount"],
            "maxReplicas": spec["maxReplicaCount"],
            "behavior": spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"],
        },
    }

    kubernetes_validate.validate(autoscaler, version, strict=True)


def test_graders_scale_with_the_calendar_and_the_load(scaled):
    pod = pods(rendered("production"))["grading-cpu"]["spec"]
    command = pod["containers"][0]["command"]
    workers = command[command.index("--concurrency") + 1]
    triggers = {one["name"]: one["metadata"] for one in scaled["spec"]["triggers"]}

    assert triggers["calendar"]["query"] == 'max(chainrule_workers_wanted{runtime="cpu"})'
    assert triggers["load"]["query"] == 'max(chainrule_open_submissions{runtime="cpu"})'
    # As simulated in deploy/capacity/scaling.py: the load is one submission for each worker.
    assert {one["threshold"] for one in triggers.values()} == {workers}
    assert workers == str(scaling.WORKERS_PER_POD)
    assert scaling.LOAD_TARGET == 1
    assert (
        scaled["spec"]["minReplicaCount"],
        scaled["spec"]["maxReplicaCount"],
    ) == (scaling.FEWEST_PODS, scaling.MOST_PODS)


def test_replicas_are_not_evicted_at_the_same_time(documents):
    budgets = of_kind(documents, "PodDisruptionBudget")

    assert of_kind(documents, *AUTOSCALERS).keys() == budgets.keys()
