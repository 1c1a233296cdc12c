import json

from tests.support.command_line import Shell


def test_nothing_at_a_prefix_is_not_found(two_buckets: Shell) -> None:
    ended = two_buckets.headless("ls", "s3://dev/nothing")

    assert (ended.exit_code, ended.stdout) == (5, "")
    assert ended.stderr == "error[nothing-there]: nothing at `s3://dev/nothing`\n"


def test_an_unknown_bucket_is_not_found(shell: Shell) -> None:
    ended = shell.headless("ls", "s3://absent", "--output", "json")

    assert (ended.exit_code, ended.stdout) == (5, "")


def test_an_empty_bucket_is_reported_as_empty(shell: Shell) -> None:
    shell.store.make_bucket("empty")

    ended = shell.headless("ls", "empty", "--output", "json")

    assert (ended.exit_code, ended.stdout, ended.stderr) == (0, "[]\n", "s3://empty is empty\n")


def test_keys_cannot_command_the_terminal(shell: Shell) -> None:
    shell.store.put("b", "\x1b[2J\u202egpj.exe")

    for arguments in ([], ["--output", "json"], ["--output", "table"]):
        ended = shell.headless("ls", "b", *arguments)
        assert "\x1b" not in ended.stdout
        assert "\u202e" not in ended.stdout


def test_without_a_place_buckets_are_listed(two_buckets: Shell) -> None:
    assert two_buckets.headless("ls").stdout == (
        "BUCKET  CREATED     REGION\ndev     11/01/2026  us-east-1\nprod    11/01/2026  us-east-1\n"
    )


def test_one_level(two_buckets: Shell) -> None:
    assert two_buckets.headless("ls", "s3://dev").stdout == (
        "TYPE    MODIFIED          SIZE  CLASS     KEY\n"
        "object  2026-11-01 12:00   5 B  STANDARD  a.txt\n"
        "prefix  –                    –  –         img/\n"
    )


def test_names_are_shown_below_the_place(two_buckets: Shell) -> None:
    ended = two_buckets.headless("ls", "s3://dev/img/")

    assert ended.stdout.splitlines()[1].endswith("STANDARD  1.png")


def test_recursive_data(two_buckets: Shell) -> None:
    ended = two_buckets.headless("ls", "s3://dev", "--recursive", "--output", "jsonl")

    assert [json.loads(line)["key"] for line in ended.stdout.splitlines()] == [
        "a.txt",
        "img/1.png",
        "img/2.png",
    ]
    assert json.loads(ended.stdout.splitlines()[1]) == {
        "type": "object",
        "modified_at": "2026-11-03T02:00:00Z",
        "size_bytes": 1500,
        "storage_class": "STANDARD",
        "key": "img/1.png",
    }


def test_csv(two_buckets: Shell) -> None:
    assert two_buckets.headless("ls", "dev", "--output", "csv").stdout == (
        "type,modified_at,size_bytes,storage_class,key\n"
        "object,2026-11-01T12:00:00Z,5,STANDARD,a.txt\n"
        "prefix,,,,img/\n"
    )


def test_the_limit_saves_pages(shell: Shell) -> None:
    for number in range(2500):
        shell.store.put("b", f"{number:05}")

    ended = shell.headless("ls", "b", "--limit", "3", "--output", "jsonl")

    assert len(ended.stdout.splitlines()) == 3
    assert shell.store.count("list") == 1


def test_all_pages_are_listed(shell: Shell) -> None:
    for number in range(2500):
        shell.store.put("b", f"{number:05}")

    ended = shell.headless("ls", "b")

    assert len(ended.stdout.splitlines()) == 2501
    assert shell.store.count("list") == 3
