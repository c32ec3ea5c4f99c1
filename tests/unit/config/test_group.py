"""What the groups have in common."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from extender.config.options import group_models


@pytest.mark.parametrize("group", list(group_models()))
def test_a_group_is_never_changed(group: str) -> None:
    """Another configuration is another object, so that it can be swapped in at once."""
    made = group_models()[group]()
    name = next(iter(type(made).model_fields))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(made, name, getattr(made, name))


@pytest.mark.parametrize("group", list(group_models()))
def test_a_group_takes_no_unknown_names(group: str) -> None:
    """Also where it is made without a file."""
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        group_models()[group].model_validate({"nothing_like_it": 1})
