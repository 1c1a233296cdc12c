"""The command lines of a document, in order: the logical lines of its ``bash`` blocks."""

import re
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)
_EXITS = re.compile(r"\bexits (\d+)\b")


@dataclass(frozen=True)
class DocumentedCommand:
    """A command as typed, and the exit code that its comment promises (``exits 5``), else 0."""

    line: str
    exit_code: int = 0


def documented_commands(document: Path) -> list[DocumentedCommand]:
    """All commands of a document; a line that ends with a backslash goes on in the next."""
    found = []
    for block in _BLOCK.findall(document.read_text(encoding="utf-8")):
        for text in block.replace("\\\n", " ").splitlines():
            command, _, comment = f" {text} ".partition(" # ")
            line = " ".join(command.split())
            if line and not line.startswith("#"):
                promise = _EXITS.search(comment)
                found.append(DocumentedCommand(line, int(promise[1]) if promise else 0))
    return found
