"""The pages on deploying: everything that they tell a reader to type, edit or name is there, and does what they say."""

import re
import subprocess
import tomllib
from functools import reduce
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import kubernetes_validate  # type: ignore[import-untyped] # published without types
import pytest
import yaml
from botocore import xform_name
from botocore.session import Session

from bot.inbound.http import PATH
from bot.settings import load
from bot.settings.tree import Document
from bot.terminal.parser import parser
from deploy.check import INSTALLED_PYTHON, kubernetes
from deploy.sandbox.aws.roles import template
from tests.deploy.dockerfile import ROOT, last_stage
from tests.deploy.reading import PAGES, Page, fill

EXAMPLE = ROOT / "deploy/kms-rotation.example.toml"
README = (ROOT / "README.md").read_text(encoding="utf-8")
WAYS = ["aws", "docker", "heroku", "kubernetes", "systemd"]
EVERY_PAGE = [*sorted((ROOT / "docs").glob("*.md")), *sorted(ROOT.glob("*.md"))]
OTHERS = {"HEAD", "PLACEHOLDER", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "SERVICE_MANAGED", "ALL"}
OTHERS |= {"POSTGRESQL_ALONE", "SQLITE_ALONE"}
"""Words in capitals that are no variables."""
OF_THE_CLI_ITSELF = {
    ("cloudformation", "deploy"),
    ("cloudformation", "wait"),
    ("ecr", "get-login-password"),
    ("logs", "tail"),
}
"""Commands that the AWS CLI adds to those of the services."""


@pytest.fixture(params=PAGES, ids=lambda path: path.stem)
def page(request: pytest.FixtureRequest) -> Page:
    """One of those on deploying."""
    return Page(request.param)


@pytest.fixture(params=EVERY_PAGE, ids=lambda path: path.stem)
def any_page(request: pytest.FixtureRequest) -> Page:
    return Page(request.param)


def _yaml(name: str) -> Any:  # noqa: ANN401 - a YAML document
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def test_there_is_a_page_for_each_way_and_the_readme_leads_to_it() -> None:
    assert [path.stem for path in PAGES] == [f"deploy-{way}" for way in WAYS]
    assert [path.name for path in PAGES if f"(docs/{path.name})" not in README] == []


def test_each_link_leads_somewhere(any_page: Page) -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", any_page.text) if not link.startswith("http")]
    for link in links:
        target, _, anchor = link.partition("#")
        path = any_page.path.parent / target if target else any_page.path
        assert path.exists(), link
        assert not anchor or anchor in Page(path).anchors, link
    assert links or any_page.path not in PAGES


def test_each_script_is_one_that_a_shell_reads(any_page: Page) -> None:
    for script in any_page.scripts:
        ran = subprocess.run(["bash", "-n", "-c", fill(script)], capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stderr) == (0, ""), script


def test_each_file_that_is_named_is_there_or_is_made_by_a_step_of_the_page(any_page: Page) -> None:
    made = {words[2] for words in any_page.commands if words[0] == "cp" and len(words) == 3}
    named = {
        word.removeprefix("file://").rstrip(".")
        for words in any_page.commands
        for word in re.findall(r"(?:file://|\./|\b)((?:deploy|docs|bot)/[\w./-]*)", " ".join(words))
    }
    named |= {span for span in any_page.spans if re.fullmatch(r"(?:deploy|docs)/[\w./-]+", span)}
    assert named or any_page.path not in PAGES
    assert [name for name in sorted(named) if name not in made and not (ROOT / name).exists()] == []


def test_each_command_of_the_bot_is_one_that_it_takes(any_page: Page) -> None:
    commands = [_without_what_follows(words) for words in any_page.commands]
    found = [words[words.index("bot") + 1 :] for words in commands if _before(words, "bot") == ["-m", "bot"]]
    found += [
        words[words.index("bot") + 1 :] for words in commands if words[:2] == ["docker", "compose"] and "run" in words
    ]
    nested = [re.findall(r"python -m bot (\w+)", word) for words in commands for word in words if " " in word]
    found += [[command] for commands in nested for command in commands]
    assert ["doctor"] in found or any_page.path not in PAGES
    for arguments in found:
        if arguments == ["…"]:  # whichever of them
            continue
        whole = [re.sub(r"\b[0-9a-f]{8}…", "0" * 64, each) for each in arguments]
        assert parser().parse_args(whole).command == whole[0]


def _without_what_follows(words: list[str]) -> list[str]:
    """The words up to a pipe, a redirection or a comment."""
    ends = [at for at, word in enumerate(words) if word in {"|", ">", "#"}]
    return words[: ends[0]] if ends else words


def _before(words: list[str], last: str) -> list[str]:
    at = words.index(last) if last in words else 0
    return words[at - 1 : at + 1]


def test_each_stack_gets_the_parameters_that_its_template_has_and_all_that_it_wants(any_page: Page) -> None:
    seen = set()
    for words in any_page.commands:
        files = [word.removeprefix("file://") for word in words if word.endswith(".yml") and "deploy/aws" in word]
        if words[:2] != ["aws", "cloudformation"] or not files:
            continue
        body = template(Path(files[0]).name)
        given = set(re.findall(r"(?:ParameterKey=|\s)(\w+)(?:,ParameterValue=|=)(?!\w+,Param)", " ".join(words)))
        given -= {"Enabled", "ParameterKey"}
        wanted = {name for name, parameter in body["Parameters"].items() if "Default" not in parameter}
        assert wanted <= given <= body["Parameters"].keys(), words
        named = any("RoleName" in each.get("Properties", {}) for each in body["Resources"].values())
        assert words[words.index("--capabilities") + 1] == ("CAPABILITY_NAMED_IAM" if named else "CAPABILITY_IAM")
        seen.add(Path(files[0]).name)
    assert {"bot.yml", "member-roles.yml"} <= seen or any_page.path not in PAGES


def test_each_call_of_the_aws_cli_is_one_that_aws_has(any_page: Page) -> None:
    """By the service models: https://docs.aws.amazon.com/cli/latest/reference/."""
    models = Session()
    calls = [words for words in any_page.commands if words[0].removeprefix("NETWORK=$(") == "aws"]
    assert len(calls) > 4 or any_page.path not in PAGES
    for _, service, operation, *rest in calls:
        if (service, operation) in OF_THE_CLI_ITSELF:
            continue
        model = models.get_service_model(service)
        (name,) = [each for each in model.operation_names if xform_name(each, "-") == operation]
        shape = model.operation_model(name).input_shape
        members = {xform_name(name, "-"): each for name, each in shape.members.items()} if shape else {}
        switches = {f"no-{name}" for name, each in members.items() if each.type_name == "boolean"}
        options = {word.removeprefix("--") for word in rest if word.startswith("--")}
        assert options - members.keys() - switches - {"query", "output"} == set(), (service, operation)


def test_what_the_steps_on_aws_make_is_deleted_by_those_that_uninstall() -> None:
    made, deleted = _named("deploy-aws", "create|put|deploy|request"), _named("operations", "delete")
    assert {"kms-rotation-service", "kms-rotation-roles", "kms-rotation/slack", "/kms-rotation/configuration"} <= made
    assert made - deleted == set()


def _named(stem: str, verbs: str) -> set[str]:
    """What the AWS CLI is told to make or delete on a page, by name; and `its ARN`, where it has none."""
    options = ("--stack-name", "--stack-set-name", "--name", "--secret-id", "--repository-name", "--certificate-arn")
    calls = [words for words in Page(ROOT / f"docs/{stem}.md").commands if words[0] == "aws"]
    found = [words for words in calls if re.match(f"({verbs})\\b", words[2])]
    return {words[at + 1] for words in found for at, word in enumerate(words) if word in options}


def test_what_outlives_its_stack_or_keeps_it_from_being_deleted_is_told_where_it_is_uninstalled() -> None:
    resources = template("service.yml")["Resources"]
    assert {name for name, each in resources.items() if "DeletionPolicy" in each} == {"Database", "LogGroup"}
    section = Page(ROOT / "docs/operations.md").section("Uninstall")
    told = ["--no-deletion-protection", "delete-stack --stack-name kms-rotation-service", "aws logs delete-log-group"]
    assert sorted(told, key=section.index) == told
    assert "a last snapshot of it" in section


def test_each_output_of_a_stack_that_is_asked_for_is_given(any_page: Page) -> None:
    outputs = {name for file in ("bot.yml", "service.yml") for name in template(file)["Outputs"]}
    asked = set(re.findall(r"<the (\w+(?:Arn|Name))>", any_page.text))
    assert "BotPrincipalArn" in asked or any_page.path not in PAGES
    assert asked <= outputs


def test_each_parameter_that_the_text_names_is_one(page: Page) -> None:
    parameters = {
        name for file in ("bot.yml", "member-roles.yml", "service.yml") for name in template(file)["Parameters"]
    }
    named = {span.partition("=")[0] for span in page.spans if re.fullmatch(r"[A-Z]\w*[a-z](=.+)?", span)}
    outputs = {name for file in ("bot.yml", "service.yml") for name in template(file)["Outputs"]}
    assert named - parameters - outputs - {"Image", "Procfile"} == set()


def test_each_variable_that_is_named_is_one_that_is_read(any_page: Page) -> None:
    sources = [*(ROOT / "bot").rglob("*.py"), *(ROOT / "deploy").rglob("*.yml"), ROOT / "deploy/docker/.env.example"]
    read = set(re.findall(r"\b[A-Z][A-Z0-9_]+\b", " ".join(path.read_text(encoding="utf-8") for path in sources)))
    code = " ".join([*any_page.spans, *(fill(script) for script in any_page.scripts)])
    named = set(re.findall(r"(?<![\w.-])[A-Z][A-Z0-9]*_[A-Z0-9_]+\b", code)) - OTHERS
    assert "SLACK_BOT_TOKEN" in named or any_page.path not in PAGES
    assert named - read == set()


def test_each_setting_that_is_named_is_one_that_the_bot_takes(page: Page) -> None:
    found = re.findall(r"`(\w+ = \"[^`]+\")`\s+under\s+`\[(\w+)\]`", page.text)
    assert found
    for line, section in found:
        Document.model_validate(tomllib.loads(f"[{section}]\n{line}\n"))


def test_the_example_is_a_configuration_with_which_the_bot_starts() -> None:
    environ = {
        "KMS_ROTATION_CONFIG": str(EXAMPLE),
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_APP_TOKEN": "xapp-1",
        "DATABASE_URL": "postgresql+psycopg://user:password@host/database",
    }
    settings = load(environ, with_slack=True)
    (port,) = last_stage().every("EXPOSE")
    assert str(settings.web.listen) == f"0.0.0.0:{port}"


@pytest.mark.parametrize("title", ["Slack"])
def test_what_is_the_same_everywhere_is_said_in_the_same_words(title: str) -> None:
    assert len({Page(path).section(title) for path in PAGES}) == 1


def test_the_member_accounts_roles_are_made_in_the_same_way_everywhere() -> None:
    start, end = "In every account of the organisation", "OrganizationId=<o-…>\n```\n"
    said = {text[text.index(start) : text.rindex(end)] for text in (Page(path).text for path in PAGES)}
    assert len(said) == 1


def test_every_page_says_how_to_look_run_and_upgrade(page: Page) -> None:
    for word in ("doctor", "/kms-rotation help", "## Later"):
        assert word in page.text
    assert re.search(r"\*\*(Upgrade\.|A new configuration\*\* or version)", page.text)


def test_compose_has_the_services_and_profiles_that_are_named() -> None:
    services = _yaml("deploy/docker/compose.yml")["services"]
    page = Page(ROOT / "docs/deploy-docker.md")
    compose = [words for words in page.commands if words[:2] == ["docker", "compose"]]
    named = {
        word.partition("=")[0]
        for words in compose
        for word in words
        if word.partition("=")[0] in {*services, "database"}
    }
    assert named == services.keys()
    assert services["worker"]["profiles"] == ["workers"]
    for service, command in (("bot", None), ("worker", ["worker"])):
        assert services[service].get("command") == command
        assert services[service]["read_only"] is True
        assert services[service]["stop_grace_period"] == "30s"
    assert [name for name in services["worker"]["environment"] if "SLACK" in name] == []


def test_http_on_kubernetes_adds_to_what_there_is_and_lets_slacks_address_alone_through() -> None:
    folder = "deploy/kubernetes/http"
    component = _yaml(f"{folder}/kustomization.yaml")
    text = (ROOT / "deploy/kubernetes/kustomization.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(text.replace("#components:", "components:"))["components"] == ["http"]
    assert sorted(component["resources"]) == [path.name for path in kubernetes() if path.parent.name == "http"]
    (rule,) = _yaml(f"{folder}/ingress.yaml")["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    assert (path["path"], path["pathType"]) == (PATH, "Exact")
    service, policy = _yaml("deploy/kubernetes/service.yaml"), _yaml(f"{folder}/network-policy.yaml")
    assert path["backend"]["service"]["name"] == service["metadata"]["name"]
    assert policy["spec"]["podSelector"]["matchLabels"] == service["spec"]["selector"]
    (patch,) = component["patches"]
    workload = _yaml("deploy/kubernetes/bot.yaml")
    assert patch["target"] == {"kind": workload["kind"], "name": workload["metadata"]["name"]}
    pod = _patched(workload, yaml.safe_load(patch["patch"]))["spec"]["template"]["spec"]
    (bot,) = pod["containers"]
    assert parse_qs(urlsplit(bot["readinessProbe"]["httpGet"]["path"]).query) == {"exclude": ["scan", "database"]}
    leaving = bot["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] - leaving == 30
    kubernetes_validate.validate(workload, kubernetes_validate.latest_version(), strict=True)


def _patched(document: Any, steps: list[dict[str, Any]]) -> Any:  # noqa: ANN401 - a YAML document
    """The document after a JSON patch that adds and replaces: https://www.rfc-editor.org/rfc/rfc6902."""
    for step in steps:
        *way, name = (int(part) if part.isdigit() else part for part in step["path"].strip("/").split("/"))
        place = reduce(lambda inner, part: inner[part], way, document)
        assert (step["op"], name in place) in {("replace", True), ("add", False)}
        place[name] = step["value"]
    return document


def test_kubernetes_has_everything_that_the_kustomization_and_the_page_name() -> None:
    kustomization = _yaml("deploy/kubernetes/kustomization.yaml")
    folder = ROOT / "deploy/kubernetes"
    listed = [path.name for path in kubernetes() if path.parent == folder and path.name != "secret.example.yaml"]
    assert sorted(kustomization["resources"]) == sorted(listed)
    documents = [_yaml(f"deploy/kubernetes/{name}") for name in listed]
    workloads = {
        each["metadata"]["name"]: each["spec"]["template"]["spec"] for each in documents if each["kind"] == "Deployment"
    }
    assert sorted(each["name"] for each in kustomization["replicas"]) == sorted(workloads)
    page = Page(ROOT / "docs/deploy-kubernetes.md").text
    assert set(re.findall(r"deployment/([\w-]+)", page)) <= workloads.keys()
    secret = _yaml("deploy/kubernetes/secret.example.yaml")
    for name, pod in workloads.items():
        (container,) = pod["containers"]
        assert container["image"] in {each["name"] for each in kustomization["images"]}
        assert parser().parse_args(container["args"]).command in name.replace("kms-rotation-bot", "run")
        assert str(pod["securityContext"]["runAsUser"]) == last_stage().user.partition(":")[0]
        assert pod["terminationGracePeriodSeconds"] == 30
        (volume,) = [each for each in pod["volumes"] if "configMap" in each]
        assert volume["configMap"]["name"] == kustomization["configMapGenerator"][0]["name"]
        assert secret["metadata"]["name"] in str(container)
    assert "SLACK" not in str(workloads["kms-rotation-worker"])


def test_the_units_run_what_the_page_installs() -> None:
    page = Page(ROOT / "docs/deploy-systemd.md").text
    shared = (ROOT / "deploy/systemd/kms-rotation-.service.d/service.conf").read_text(encoding="utf-8")
    for path in (ROOT / "deploy/systemd").glob("*.service"):
        (started,) = re.findall(r"^ExecStart=(\S+) -m bot (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert started[0] == INSTALLED_PYTHON
        assert parser().parse_args(started[1].replace("%i", "1").split()).command in {"run", "worker"}
        assert path.stem in page
    for place in re.findall(r"(/(?:opt|etc|var/lib)/kms-rotation[\w./-]*)", shared):
        assert place in page
    assert "User=kms-rotation" in shared
    assert re.search(r"^RestartPreventExitStatus=2 77$", shared, re.MULTILINE)


def test_the_procfile_has_the_lines_that_the_page_explains() -> None:
    lines = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text(encoding="utf-8").splitlines())
    explained = re.findall(r"^\| `(\w+)` \|", Page(ROOT / "docs/deploy-heroku.md").text, re.MULTILINE)
    assert sorted(lines) == sorted(explained)
    for command in lines.values():
        arguments = command.removeprefix("python -m bot ").split()
        assert parser().parse_args(arguments).command == arguments[0]
