"""Fill the demo's account with resources of many services, for scrapes to find.

It uses moto's models directly, without HTTP, so that each service is loaded only when needed.
"""

import json
from base64 import b64encode
from datetime import datetime
from typing import Any

from moto.athena.models import AthenaBackend
from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.types import Base64EncodedString

PARTITION = "aws"
MADE_WHEN_ASKED = ("ec2", "events")
"""Services whose default resources moto creates on first use, with that time, unless done here."""
_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


_USER_DATA = "#!/bin/sh\nexport DB_PASSWORD=not-a-real-one\n"


def fill_account(region: str, other_region: str, *, began_at: datetime) -> None:
    """Create queues, topics, tables, roles, instances… in two regions."""
    _fill_iam(region)
    _fill_functions(region)
    for number, where in enumerate((region, other_region)):
        _fill_queues(where, 3 - number)
        _fill_tables(where)
        for service in MADE_WHEN_ASKED:
            _backend(service, where)
    _keep_work_groups(began_at)
    _fill_logs(region)
    _fill_instances(region)


def _backend(service: str, region: str) -> Any:
    return get_backend(service)[DEFAULT_ACCOUNT_ID][region]  # type: ignore[call-overload]  # by name


def _fill_iam(region: str) -> None:
    iam = _backend("iam", PARTITION)
    for name in ("ingest-lambda", "batch-worker"):
        iam.create_role(
            role_name=name,
            assume_role_policy_document=_TRUST,
            path="/",
            permissions_boundary=None,
            description=f"demo role {name}",
            tags=[{"Key": "team", "Value": "data"}],
            max_session_duration="3600",
        )
    for name in ("ana", "ben"):
        iam.create_user(region, name)


def _fill_queues(region: str, count: int) -> None:
    sqs, sns = _backend("sqs", region), _backend("sns", region)
    for name in ("ingest", "retries", "dead-letters")[:count]:
        sqs.create_queue(name, {"env": "prod", "team": "data"})
    for name in ("alarms", "new-imagery"):
        sns.create_topic(name)


def _fill_tables(region: str) -> None:
    dynamodb = _backend("dynamodb", region)
    for name in ("segments", "jobs"):
        dynamodb.create_table(
            name,
            schema=[{"AttributeName": "id", "KeyType": "HASH"}],
            throughput=None,
            attr=[{"AttributeName": "id", "AttributeType": "S"}],
            global_indexes=[],
            indexes=[],
            streams=None,
            billing_mode="PAY_PER_REQUEST",
            sse_specification=None,
            tags=[{"Key": "env", "Value": "prod"}],
            deletion_protection_enabled=False,
            warm_throughput=None,
        )


def _fill_functions(region: str) -> None:
    role = _backend("iam", PARTITION).get_role("ingest-lambda").arn
    for name, memory in (("thumbnail", 512), ("index-keys", 1024)):
        _backend("lambda", region).create_function(
            {
                "FunctionName": name,
                "Role": role,
                "Runtime": "python3.12",
                "Handler": "main.handler",
                "MemorySize": memory,
                "Code": {"ZipFile": b64encode(b"PK\5\6" + bytes(18)).decode()},
                "Environment": {"Variables": {"STAGE": "prod", "API_KEY": "not-a-real-one"}},
                "Tags": {"team": "data"},
            }
        )


def _fill_logs(region: str) -> None:
    logs = _backend("logs", region)
    for number in range(60):
        logs.create_log_group(f"/jobs/{number:03d}", {"env": "prod"})


def _fill_instances(region: str) -> None:
    ec2 = _backend("ec2", region)
    for name, kind in (("web-0", "t3.micro"), ("web-1", "t3.micro"), ("batch", "c6i.large")):
        ec2.run_instances(
            "ami-12c6146b",
            1,
            Base64EncodedString.from_raw_string(_USER_DATA),
            [],
            instance_type=kind,
            is_instance_type_default=False,
            tags={"instance": {"Name": name, "env": "prod"}},
        )


def _keep_work_groups(began_at: datetime) -> None:
    """Fix the creation time of Athena's work groups, which moto reports as the current time."""
    listed = AthenaBackend.list_work_groups

    def list_work_groups(athena: AthenaBackend) -> list[dict[str, Any]]:
        created = {"CreationTime": began_at.timestamp()}
        return [{**group, **created} for group in listed(athena)]

    AthenaBackend.list_work_groups = list_work_groups  # type: ignore[assignment,method-assign]
