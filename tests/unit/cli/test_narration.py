import io

from s3nav.cli.narration import Narration
from s3nav.model.errors import NotFoundError
from s3nav.present.formatting.cell_text import FittingLine, Part
from tests.support.command_line import Terminal


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_closed_stream_is_ignored() -> None:
    narration = Narration(None, {})
    narration.say("hello")
    narration.progress("50 %")


def test_a_broken_stream_is_ignored() -> None:
    class Broken(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    Narration(Broken(), {}).say("hello")


def test_progress_on_a_terminal_stays_on_one_line_and_gives_way_to_news() -> None:
    stream, clock = Terminal(), Clock()
    narration = Narration(stream, {"NO_COLOR": "1"}, clock=clock)

    narration.progress("10 %")
    narration.progress("11 %")
    clock.now += 0.1
    narration.progress("12 %")
    narration.say("news")
    narration.end_progress()

    assert stream.getvalue() == "\r\x1b[K10 %\r\x1b[K12 %\r\x1b[Knews\n"


def test_progress_on_a_terminal_is_no_wider_than_it() -> None:
    stream = Terminal()
    narration = Narration(stream, {})

    narration.progress("counted 1,234,567 objects, " + "日本語" * 20)

    assert stream.getvalue() == "\r\x1b[Kcounted 1,234,567 objects"


def test_progress_elsewhere_is_a_line_every_ten_seconds() -> None:
    stream, clock = io.StringIO(), Clock()
    narration = Narration(stream, {}, clock=clock)

    for second in range(25):
        clock.now = 100.0 + second
        narration.progress(f"{second} s")

    assert stream.getvalue() == "10 s\n20 s\n"


def test_a_dumb_terminal_gets_lines() -> None:
    stream = Terminal()
    Narration(stream, {"TERM": "dumb"}).problem(NotFoundError("no"))

    assert stream.getvalue() == "error[not-found]: no\n"


def test_colour_is_for_terminals_that_want_it() -> None:
    coloured, plain = Terminal(), Terminal()
    Narration(coloured, {}).problem(NotFoundError("no", remedy="look"))
    Narration(plain, {"NO_COLOR": "1"}).problem(NotFoundError("no", remedy="look"))

    assert coloured.getvalue() == "\x1b[31merror[not-found]: no\x1b[0m\n  hint: look\n"
    assert plain.getvalue() == "error[not-found]: no\n  hint: look\n"


def test_only_a_yes_is_a_yes() -> None:
    narration = Narration(io.StringIO(), {})

    assert narration.ask("sure?", io.StringIO("Yes\n"))
    assert not narration.ask("sure?", io.StringIO("\n"))
    assert not narration.ask("sure?", io.StringIO(""))


def test_commands_are_named_as_this_shell_finds_them() -> None:
    stream = io.StringIO()
    narration = Narration(stream, {}, name=".venv/bin/s3nav")

    narration.problem(NotFoundError("no", remedy="`s3nav --headless ls` lists, or `s3nav scan -h`"))
    narration.say("go on with: s3nav --headless scan s3://b")
    narration.say("a bug in s3nav is another s3nav story")

    assert stream.getvalue().splitlines()[1:] == [
        "  hint: `.venv/bin/s3nav --headless ls` lists, or `.venv/bin/s3nav scan -h`",
        "go on with: .venv/bin/s3nav --headless scan s3://b",
        "a bug in s3nav is another s3nav story",
    ]


FORGED = "a\nerror[forged]: b\r\u2028c"


def test_a_name_with_line_breaks_begins_no_line() -> None:
    stream, clock = io.StringIO(), Clock()
    narration = Narration(stream, {}, clock=clock)

    narration.say(f"wrote {FORGED}")
    narration.warn(FORGED)
    narration.problem(NotFoundError(FORGED, remedy=FORGED, context={"bucket": FORGED}))
    narration.progress(FORGED)
    clock.now += 10
    narration.progress(FORGED)
    clock.now += 10
    narration.progress(FittingLine([Part(FORGED)]))
    narration.ask(FORGED, io.StringIO(""))
    narration.ask_for(FORGED, FORGED, io.StringIO(""))

    lines = stream.getvalue().splitlines()
    assert len(lines) == 8
    assert [line for line in lines if line.startswith("error[forged]")] == []


def test_progress_in_place_stays_on_its_line() -> None:
    stream = Terminal()

    Narration(stream, {}).progress(FittingLine([Part(FORGED)]))

    assert stream.getvalue() == "\r\x1b[Ka\\x0aerror[forged]: b\\x0d\\u2028c"
