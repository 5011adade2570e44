"""The part of kustomize that deploy/kubernetes uses, because no package has it. If a key is unknown, it fails."""

import json

import yaml

UNDERSTOOD = {
    "apiVersion",
    "kind",
    "namespace",
    "resources",
    "configMapGenerator",
    "generatorOptions",
    "images",
    "patches",
}


def render(folder):
    """The documents that a folder's kustomization makes."""
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text())
    assert kustomization.keys() <= UNDERSTOOD, folder
    documents = (
        [one for name in kustomization["resources"] for one in read(folder / name)]
        if "resources" in kustomization
        else []
    )
    documents += [config_map(folder, **one) for one in kustomization.get("configMapGenerator", [])]
    for document in documents:
        if "namespace" in kustomization and document["kind"] not in ("Namespace", "RuntimeClass"):
            document["metadata"]["namespace"] = kustomization["namespace"]
        for container in containers(document):
            rename(container, kustomization.get("images", []))
    for one in kustomization.get("patches", []):
        patch(documents, **one)
    return documents


def read(path):
    return render(path) if path.is_dir() else list(yaml.safe_load_all(path.read_text()))


def config_map(folder, *, name, files):
    data = {file: (folder / file).read_text() for file in files}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def containers(document):
    """All containers of a document that makes pods; an empty list for other documents."""
    pod = document.get("spec", {}).get("template", {}).get("spec", {})
    return [*pod.get("initContainers", []), *pod.get("containers", [])]


def rename(container, images):
    for image in images:
        if container["image"] == image["name"]:
            container["image"] = f"{image['newName']}:{image['newTag']}"


def patch(documents, *, target, patch):
    """Apply a JSON patch (RFC 6902: add and replace) to all documents that the target names (at least one)."""
    names = [one for one in documents if one["kind"] == target["kind"]]
    chosen = [one for one in names if target.get("name") in (None, one["metadata"]["name"])]
    assert chosen, target
    for document in chosen:
        for step in yaml.safe_load(patch):
            *path, last = step["path"].strip("/").split("/")
            place = document
            for key in path:
                place = place[int(key) if isinstance(place, list) else key]
            last = int(last) if isinstance(place, list) else last
            assert step["op"] == "add" or place[last] is not None, step
            place[last] = json.loads(json.dumps(step["value"]))
