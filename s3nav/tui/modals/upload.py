"""The dialog for an upload or a copy: plan it, show the plan, start it when the user agrees."""

from collections.abc import Sequence
from functools import partial
from threading import Event as Flag
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from s3nav.model.errors import S3NavError, UsageError
from s3nav.model.events import JobState
from s3nav.present.cockpit_hints import explained
from s3nav.present.formatting import count, number_of, safe_text, size
from s3nav.present.transfers import (
    FROM,
    NOT_LISTED_AGAIN,
    TO,
    example_facts,
    upload_cost_facts,
    upload_facts,
)
from s3nav.pricing import Bill, ClassTotals
from s3nav.transfer import CopyObjects, JobRecord, PlanStoppedError, UploadFiles, UploadPreview
from s3nav.tui.ask import Answered, ask
from s3nav.tui.modals.modal import Modal
from s3nav.tui.modals.upload_draft import Draft
from s3nav.tui.ports import CockpitSession
from s3nav.tui.widgets.completed_input import CompletedInput
from s3nav.tui.widgets.row_table import shortened, wrap

LOOK_EVERY_S = 0.2
WAIT_S = 0.1
NAME_CELLS = 9
VALUE_CELLS_LEAST = 30
MATCHES_SHOWN = 12
REPLACING_KEY = "ctrl+o"
STANDARD = "STANDARD"

Facts = list[tuple[str, str]]


class _Attempt:
    """One plan. The thread that makes it then waits until the user agrees or leaves."""

    def __init__(self, request: UploadFiles | CopyObjects) -> None:
        self.request = request
        self.preview = UploadPreview()
        self.stopped = Flag()
        self.agreed = Flag()

    def wait_until_agreed(self) -> None:
        """Block until the user agrees. Raises PlanStoppedError when the user leaves the plan."""
        while not self.agreed.wait(WAIT_S):
            if self.stopped.is_set():
                raise PlanStoppedError("the dialog was closed; nothing was sent")


class UploadModal(Modal[JobRecord | None]):
    """Returns the job it started, or None. Closing it sends nothing and keeps nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(REPLACING_KEY, "replace", "replace", show=False)
    ]
    DEFAULT_CSS = """
    UploadModal > .box { width: 100; }
    UploadModal Input, UploadModal Input:focus {
        height: 1; border: none; padding: 0; background: $background;
        background-tint: $foreground 0%;
    }
    UploadModal .quiet { color: $text-muted; }
    UploadModal #word, UploadModal #asked { display: none; }
    UploadModal.-asking #word, UploadModal.-asking #asked { display: block; }
    """

    def __init__(self, session: CockpitSession, draft: Draft) -> None:
        super().__init__()
        self._session = session
        self._draft = draft
        self._attempt: _Attempt | None = None
        self._is_looking = False
        self._overwrite = False
        self._word = ""
        """The word the user types to agree to the plan shown."""

    def compose(self) -> ComposeResult:
        """Source and target, the plan, and the line for the word that agrees."""
        draft = self._draft
        with VerticalScroll(classes="box", can_focus=False) as box:
            box.border_title = draft.verb
            for text in draft.intro:
                yield Static(text, markup=False)
            yield Static(draft.question, markup=False, classes="quiet")
            yield CompletedInput(draft.text, draft.complete)
            yield Static("", id="matches", markup=False, classes="quiet")
            yield Static("", id="plan", markup=False)
            yield Static("", id="asked", markup=False)
            yield Input("", id="word", select_on_focus=False)

    def on_mount(self) -> None:
        """Focus the first line; show the progress of planning from now on."""
        self.set_interval(LOOK_EVERY_S, self._look)
        line = self.query_one(CompletedInput)
        line.focus()
        line.cursor_position = len(line.value)
        self._say_keys()

    def on_unmount(self) -> None:
        """Stop planning: its result can no longer be shown."""
        self._drop()

    def on_completed_input_completed(self, event: CompletedInput.Completed) -> None:
        """List the completions, as a shell does."""
        event.stop()
        names = [safe_text(_shown(one)) for one in event.found]
        more = f"  … {len(names) - MATCHES_SHOWN} more" if len(names) > MATCHES_SHOWN else ""
        said = "  ".join(names[:MATCHES_SHOWN]) + more if len(names) > 1 else ""
        self.query_one("#matches", Static).update(said if names else "nothing starts with that")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Drop a plan made for other text."""
        event.stop()
        if event.input.id != "word":
            self.query_one("#matches", Static).update("")
            if self._attempt is not None:
                self._drop()
                self._show_plan(())

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter plans in the first line, and agrees in the second."""
        event.stop()
        if event.input.id != "word":
            self._begin()
        elif event.value.strip() == self._word and self._attempt is not None:
            self._say_asked("queueing…")
            self._attempt.agreed.set()
        else:
            self._say_asked(f"not sent: type {self._word} and enter, or esc to close")

    def action_replace(self) -> None:
        """Switch between replacing and refusing objects with other bytes; plan again."""
        self._overwrite = not self._overwrite
        self._say_keys()
        if self._attempt is not None:
            self._begin()

    # The plan

    def _begin(self) -> None:
        """Plan in a thread; drop an earlier plan."""
        self._drop()
        try:
            request = self._draft.request(self.query_one(CompletedInput).value, self._overwrite)
        except S3NavError as error:
            self._fail(error)
            return
        attempt = self._attempt = _Attempt(request)
        self._is_looking = True
        self._look()
        ask(self, partial(self._run, attempt), self._leave_with, self._fail, group="upload")

    def _leave_with(self, record: JobRecord) -> None:
        self.dismiss(record)

    def _run(self, attempt: _Attempt) -> JobRecord:
        """Called in a thread: plan, wait until the user agrees, start."""
        transfers = self._session.transfers()
        unfinished = transfers.uploads.find_resumable(attempt.request)
        if unfinished is not None:
            return self._resume(attempt, unfinished)

        def agree(preview: UploadPreview) -> None:
            facts = plan_facts(self._session, attempt.request, preview, self._draft.noun)
            asks = preview.send_files > 0
            self.post_message(Answered(partial(self._offer, attempt, facts, asks=asks)))
            attempt.wait_until_agreed()

        plan = transfers.uploads.plan(
            attempt.request, attempt.preview, is_stopped=attempt.stopped.is_set, agree=agree
        )
        transfers.start(plan.record.job_id)
        return plan.record

    def _resume(self, attempt: _Attempt, record: JobRecord) -> JobRecord:
        """Continue the unfinished job of the same request; it needs no new plan."""
        if record.state is JobState.RUNNING:
            raise UsageError(
                f"this {self._draft.verb} is already running", remedy="3 shows the queue"
            )
        things = number_of(record.total_files, self._draft.noun)
        facts = [
            ("resume", f"{things}, begun on {record.created_at:%Y-%m-%d %H:%M} UTC"),
            ("note", NOT_LISTED_AGAIN),
        ]
        self.post_message(Answered(partial(self._offer, attempt, facts, asks=True)))
        attempt.wait_until_agreed()
        self._session.transfers().resume(record.job_id)
        return record

    def _offer(self, attempt: _Attempt, facts: Facts, *, asks: bool) -> None:
        """Show the plan; ask for the word if there is something to send."""
        if attempt is not self._attempt:
            return
        self._is_looking = False
        self._show_plan(facts)
        if not asks:
            return
        replaced = attempt.preview.replace_files
        self._word = attempt.request.to.bucket if replaced else self._draft.verb
        why = f" to replace {count(replaced)}" if replaced else ""
        self._say_asked(f"type {self._word} and enter{why}")
        self.add_class("-asking")
        word = self.query_one("#word", Input)
        word.value = ""
        word.focus(scroll_visible=False)  # the box is scrolled to its end below
        box = self.query_one(".box", VerticalScroll)
        self.call_after_refresh(box.scroll_end, animate=False)

    def _drop(self) -> None:
        """Drop the plan that is being made or shown."""
        if self._attempt is not None:
            self._attempt.stopped.set()
        self._attempt, self._is_looking, self._word = None, False, ""
        self.remove_class("-asking")

    def _look(self) -> None:
        if self._is_looking and self._attempt is not None:
            preview = self._attempt.preview
            found = number_of(preview.total_files, self._draft.noun)
            much = size(preview.total_bytes, self._session.settings.size_format)
            text = f"planning… {found}, {much} so far; esc stops"
            self.query_one("#plan", Static).update("\n" + text)

    def _fail(self, error: S3NavError) -> None:
        if isinstance(error, PlanStoppedError):
            return
        self._drop()
        headline, *rest = explained(error)
        lines = [Content.styled(headline, "$error bold"), *(Content(one) for one in rest)]
        self.query_one("#plan", Static).update(Content("\n").join([Content(""), *lines]))
        self.query_one(CompletedInput).focus()

    def _show_plan(self, facts: Sequence[tuple[str, str]]) -> None:
        plan = self.query_one("#plan", Static)
        cells = max(VALUE_CELLS_LEAST, plan.size.width - NAME_CELLS - 1)
        lines = [line for name, value in facts for line in _lines(name, safe_text(value), cells)]
        plan.update("\n".join(["", *lines] if lines else [""]))

    def _say_asked(self, text: str) -> None:
        self.query_one("#asked", Static).update("\n" + text)

    def _say_keys(self) -> None:
        replaces = "yes" if self._overwrite else "no"
        box = self.query_one(".box", VerticalScroll)
        keys = f"enter plan   tab complete   {REPLACING_KEY} replace: {replaces}   esc close"
        box.border_subtitle = keys


def _lines(name: str, value: str, cells: int) -> list[str]:
    """A name and its value: places are shortened in the middle, other values are wrapped."""
    pieces = [shortened(value, cells)] if name in {FROM, TO} else wrap(value, cells)
    names = [name, *[""] * (len(pieces) - 1)]
    return [f"{one:<{NAME_CELLS}} {piece}" for one, piece in zip(names, pieces, strict=True)]


def _shown(path: str) -> str:
    """The last name of a path; directories keep their slash."""
    return path.removesuffix("/").rpartition("/")[2] + "/" * path.endswith("/")


def plan_facts(
    session: CockpitSession, request: UploadFiles | CopyObjects, preview: UploadPreview, noun: str
) -> Facts:
    """The plan as names and values, with its cost if prices are known. Sends no request."""
    style = session.settings.size_format
    facts = upload_facts(preview, thing=noun, style=style, replacing_key=REPLACING_KEY)
    if not preview.send_files:
        return [*facts, ("", "nothing to send: esc closes")]
    examples = example_facts(preview)
    try:
        bill, month = _bills(session, request, preview)
    except S3NavError as error:
        return [*examples, *facts, ("cost", f"unknown: {error.message}")]
    return [*examples, *facts, *upload_cost_facts(bill, month, STANDARD)]


def _bills(
    session: CockpitSession, request: UploadFiles | CopyObjects, preview: UploadPreview
) -> tuple[Bill, Bill]:
    """The bill for sending, and that of a month of storage in STANDARD."""
    estimator, bucket = session.estimator(), request.to.bucket
    bill = estimator.writing(
        bucket,
        request.storage_class,
        writes=preview.writes,
        size_bytes=preview.send_bytes,
        part_writes=preview.part_writes,
        reads=preview.reads,
    )
    sent = ClassTotals(objects=preview.send_files, size_bytes=preview.send_bytes)
    return bill, estimator.storage({(bucket, STANDARD): sent})
