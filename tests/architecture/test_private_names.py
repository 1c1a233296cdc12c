"""The private and undocumented things of libraries that s3nav relies on are still there.

Each is named with where it is used. When a new version of a library fails here, look there first,
then raise the upper bound in pyproject.toml.
"""

import importlib
import inspect
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "s3nav"
BOTOCORE = {
    "botocore.awsrequest:AWSResponse": "aws/writes/transfer_context.py answers in place of S3",
    "botocore.compat:HTTPHeaders": "aws/writes/transfer_context.py",
    "botocore.hooks:BaseEventHooks.register_first": "aws/writes/transfer_context.py",
    "botocore.configloader:raw_config_parse": "aws/credentials/profile_list.py",
    "botocore.httpsession:get_cert_path": "aws/s3/endpoint_settings.py",
    "botocore.loaders:JSONFileLoader.load_file": "aws/operations/operation_models.py overrides it",
    "botocore.loaders:Loader.FILE_LOADER_CLASS": "demo/moto_front.py replaces it",
    "botocore.loaders:Loader.list_available_services": "aws/operations/operation_models.py",
    "botocore.loaders:Loader.load_service_model": "aws/operations/operation_models.py",
    "botocore.loaders:Loader.load_data": "aws/operations/operation_models.py",
    "botocore.parsers:ResponseParserError": "aws/identity.py, aws/operations",
    "botocore.session:Session.get_scoped_config": "aws/s3/endpoint_settings.py",
    "botocore.session:Session.get_data": "aws/s3/endpoint_settings.py",
    "botocore.session:Session.full_config": "aws/credentials/profile_list.py",
    "botocore.session:Session.register_component": "aws/operations/operation_caller.py",
    "botocore.session:Session.set_config_variable": "aws/credentials/provider_chain.py",
    "botocore:xform_name": "aws/operations/operation_caller.py",
}
S3TRANSFER = {
    "s3transfer.manager:TransferManager.upload": "aws/writes/object_writer.py",
    "s3transfer.manager:TransferManager.copy": "aws/writes/object_writer.py",
    "s3transfer.manager:TransferManager.shutdown": "aws/writes/object_writer.py",
    "s3transfer.manager:TransferConfig": "aws/writes/object_writer.py",
    "s3transfer.futures:TransferFuture.cancel": "aws/writes/object_writer.py",
    "s3transfer.futures:TransferFuture.result": "aws/writes/object_writer.py",
    "s3transfer.subscribers:BaseSubscriber.on_progress": "aws/writes/transfer_context.py",
    "s3transfer.subscribers:BaseSubscriber.on_done": "aws/writes/transfer_context.py",
    "s3transfer.exceptions:CancelledError": "aws/writes/object_writer.py",
}
TEXTUAL = {
    "textual._styles_cache:StylesCache.render_line": "tui/widgets/row_table/row_table.py",
    "textual.app:App.get_driver_class": "tui/app.py overrides it",
    "textual.driver:Driver.process_message": "tui/terminal.py overrides it",
}
CLICK = {
    "click.core:ParameterSource": "cli/lazy_commands.py, cli/cockpit_args.py",
    "click.exceptions:NoArgsIsHelpError": "cli",
}
MOTO = {
    "moto.athena.models:AthenaBackend.list_work_groups": "demo/content/account.py replaces it",
    "moto.backends:get_backend": "demo/content",
    "moto.core.models:DEFAULT_ACCOUNT_ID": "demo/content",
    "moto.core.routing:get_service_router.cache_clear": "demo/moto_front.py",
    "moto.core.types:Base64EncodedString": "demo/content/account.py",
    "moto.core.utils:get_service_model.cache_clear": "demo/moto_front.py",
    "moto.core:utils": "demo/content/seed.py",
    "moto.ec2.models.availability_zones_and_regions:RegionsAndZonesBackend.regions": (
        "demo/moto_serving.py shortens it"
    ),
    "moto.iam.access_control:IAMRequest._create_aws_request": "demo/moto_front.py overrides it",
    "moto.iam.models:IAMBackend.create_access_key": "demo/content/seed.py",
    "moto.moto_api._internal:mock_random.seed": "demo/content/seed.py",
    "moto.moto_server.werkzeug_app:DomainDispatcherApplication.infer_service_region_host": (
        "demo/moto_front.py"
    ),
    "moto.moto_server.werkzeug_app:DomainDispatcherApplication.get_backend_for_host": (
        "demo/moto_front.py"
    ),
    "moto.moto_server.werkzeug_app:MotoRequestHandler.log_request": "demo/moto_serving.py",
    "moto.moto_server.werkzeug_app:create_backend_app": "demo/moto_front.py",
    "moto.utilities:utils.load_resource": "demo/ec2_catalogue.py replaces it",
}
ASSIGNED = {
    "botocore.loaders:instance_cache": ("_cache", "aws/operations/operation_models.py"),
    "textual.widget:Widget": ("_styles_cache", "tui/widgets/row_table/row_table.py"),
    "moto.iam.access_control:IAMRequestBase": ("_body", "demo/moto_front.py"),
    "moto.iam.access_control:IAMRequestBase.__init__": ("_method", "demo/moto_front.py"),
    "moto.s3.models:FakeKey": ("_value_buffer", "demo/content/seed.py"),
    "moto.s3.models:FakeDeleteMarker": ("_version_id", "demo/content/seed.py"),
}
"""Attributes of instances: what makes them, with the name and where it is used."""
ARGUMENTS = {
    "botocore.awsrequest:AWSResponse": ["url", "status_code", "headers", "raw"],
    "textual._styles_cache:StylesCache.render_line": [
        *("self", "styles", "y", "size", "content_size", "padding", "base_background"),
        *("background", "render_content_line"),
    ],
}
"""Of what is called, or overridden, with arguments in a fixed order; later ones do not matter."""


def look_up(name: str) -> object:
    module, _, path = name.partition(":")
    found: object = importlib.import_module(module)
    for attribute in path.split("."):
        found = getattr(found, attribute)
    return found


@pytest.mark.parametrize(
    ("name", "user"), [*{**BOTOCORE, **S3TRANSFER, **TEXTUAL, **CLICK, **MOTO}.items()]
)
def test_a_name_that_is_relied_on_exists(name: str, user: str) -> None:
    try:
        look_up(name)
    except (ImportError, AttributeError) as error:
        pytest.fail(f"{name} is gone ({error}); s3nav uses it: {user}")


def test_a_file_that_relies_on_a_name_exists() -> None:
    users = [*{**BOTOCORE, **S3TRANSFER, **TEXTUAL, **CLICK, **MOTO}.values()]
    users += [user for _, user in ASSIGNED.values()]
    named = {word for user in users for word in re.findall(r"[\w/]+(?:\.py)?", user) if "/" in word}

    assert [name for name in named if not (PACKAGE / name).exists()] == []


@pytest.mark.parametrize(("name", "what"), ASSIGNED.items())
def test_an_attribute_that_is_relied_on_exists(name: str, what: tuple[str, str]) -> None:
    attribute, user = what

    source = inspect.getsource(look_up(name))  # type: ignore[arg-type]  # a class or function

    assert attribute in source, f"{name} has no {attribute} any more; s3nav uses it: {user}"


@pytest.mark.parametrize(("name", "arguments"), ARGUMENTS.items())
def test_arguments_are_where_they_are_expected(name: str, arguments: list[str]) -> None:
    signature = inspect.signature(look_up(name))  # type: ignore[arg-type]  # a class or function

    assert [*signature.parameters][: len(arguments)] == arguments, f"{name} takes others"
