"""Random values in JSON types, with names that a program looks for."""

from collections.abc import Sequence

from hypothesis import strategies as st


def any_json(names: Sequence[str], *, max_leaves: int = 10) -> st.SearchStrategy[object]:
    """Any value; dictionaries in it have only these names."""
    return st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(names), inner, max_size=3)
        ),
        max_leaves=max_leaves,
    )
