"""The three themes: the only place that names colours."""

from textual.theme import Theme

DARK, LIGHT, CONTRAST = "s3nav-dark", "s3nav-light", "s3nav-contrast"


def themes() -> tuple[Theme, ...]:
    """Dark, light and high contrast, in the order in which a key switches them."""
    return (
        _theme(
            DARK,
            dark=True,
            paper=("#11151b", "#171c24", "#2a313c"),
            ink=("#d5dae1", "#7f8a99"),
            accent="#f2a65a",
            signals=("#7cc48d", "#e6c35c", "#ef7a76"),
            cursor=("#27313f", "#1d2530"),
        ),
        _theme(
            LIGHT,
            dark=False,
            paper=("#fbfaf7", "#f1efe9", "#d9d5cb"),
            ink=("#252a31", "#6d7480"),
            accent="#a8500a",
            signals=("#22713a", "#8a6100", "#b3261e"),
            cursor=("#f3dfc6", "#eae6dc"),
        ),
        _theme(
            CONTRAST,
            dark=True,
            paper=("#000000", "#000000", "#ffffff"),
            ink=("#ffffff", "#d0d0d0"),
            accent="#ffd54a",
            signals=("#5dff8f", "#ffd54a", "#ff8a8a"),
            cursor=("#0047b3", "#333333"),
        ),
    )


def _theme(  # noqa: PLR0913 - one keyword a role, read as a table above
    name: str,
    *,
    dark: bool,
    paper: tuple[str, str, str],
    ink: tuple[str, str],
    accent: str,
    signals: tuple[str, str, str],
    cursor: tuple[str, str],
) -> Theme:
    """`paper` is background, raised and rule; `ink` strong and quiet; `signals` good, warn, bad."""
    background, surface, rule = paper
    return Theme(
        name=name,
        dark=dark,
        primary=accent,
        secondary=accent,
        accent=accent,
        foreground=ink[0],
        background=background,
        surface=surface,
        panel=rule,
        success=signals[0],
        warning=signals[1],
        error=signals[2],
        variables={
            "text-muted": ink[1],
            "block-cursor-background": cursor[0],
            "block-cursor-blurred-background": cursor[1],
            "block-cursor-foreground": ink[0],
            "block-cursor-text-style": "bold",
            "input-cursor-background": accent,
            "input-selection-background": cursor[0],
            "scrollbar": rule,
            "scrollbar-hover": ink[1],
            "scrollbar-active": accent,
            "scrollbar-background": background,
            "scrollbar-background-hover": background,
            "scrollbar-background-active": background,
        },
    )
