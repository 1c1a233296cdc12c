import json

import pytest

from s3nav.scrape.resources.redact import REDACTED, redact, redact_text

KEY_ID = "AKIA" + "ABCDEFGHIJKLMNOP"


@pytest.mark.parametrize(
    "secret_response",
    [
        {"MasterUserPassword": "hunter22"},
        {"UserData": {"Value": "IyEvYmluL3No"}},
        {"Environment": {"Variables": {"DB": "hunter22"}}},
        {"containerDefinitions": [{"environment": [{"name": "DB", "value": "hunter22"}]}]},
        {"Policy": json.dumps({"note": "password=hunter22"})},
        {"Url": "postgres://app:hunter22@db.internal/x"},
        {"Script": "export AWS_SECRET_ACCESS_KEY='hunter22'"},
        {"Text": f"the key is {KEY_ID}"},
        {"Pem": "-----BEGIN RSA PRIVATE KEY-----\nhunter22\n-----END RSA PRIVATE KEY-----"},
        {"ClientSecret": {"nested": "hunter22"}},
    ],
)
def test_a_secret_is_redacted(secret_response: dict[str, object]) -> None:
    text = json.dumps(redact(secret_response))

    assert "hunter22" not in text
    assert KEY_ID not in text
    assert "IyEvYmluL3No" not in text
    assert REDACTED in text


@pytest.mark.parametrize(
    "plain",
    [
        {"SecretList": [{"ARN": "arn:aws:secretsmanager:us-east-1:1:secret:s1-NWNeWK"}]},
        {"AccessKeyMetadata": [{"UserName": "ana", "AccessKeyId": KEY_ID}]},
        {"NextToken": "abcdefghijklmnop", "Token": None},
        {"PasswordPolicy": {"MinimumPasswordLength": 8, "RequireSymbols": True}},
        {"Names": ["a", "b"], "Size": 3, "Ratio": 0.5, "On": True, "Nothing": None},
        {"Environment": "production-cluster"},
    ],
)
def test_other_values_are_not_changed(plain: dict[str, object]) -> None:
    assert redact(plain) == plain


def test_names_of_environment_variables_are_kept() -> None:
    assert redact({"Environment": {"Variables": {"DB_HOST": "db"}}}) == {
        "Environment": {"Variables": {"DB_HOST": REDACTED}}
    }


def test_a_very_deep_response_is_redacted_below_a_limit() -> None:
    deep: dict[str, object] = {"end": "password=hunter22"}
    for _ in range(500):
        deep = {"in": deep}

    assert "hunter22" not in json.dumps(redact(deep))


def test_messages_are_redacted_too() -> None:
    assert redact_text("token: abcdef123456") == f"token: {REDACTED}"
