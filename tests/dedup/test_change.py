import pytest

from tasks.dedup.change import State, classify

TEXT = "The council voted on Tuesday. Forty members were present and the motion was carried."
NOTICE = "Correction: an earlier version of this article misstated the number of members."


def state(
    text: str = TEXT,
    title: str = "Council votes",
    access: str = "full",
    notices: tuple[str, ...] = (),
) -> State:
    return State(title, text, access, notices)


@pytest.mark.parametrize(
    ("after", "change"),
    [
        (state(TEXT.replace("carried", "carred")), "typo"),
        (state(TEXT.replace("voted on", "voted on on")), "typo"),
        (state(TEXT.replace("Forty", "Thirty")), "update"),
        (
            state(TEXT + " The mayor abstained from the vote, her office said later that day."),
            "update",
        ),
        (state(TEXT.replace("Tuesday", "Monday 24")), "update"),
        (state(title="Council votes for the bridge"), "headline"),
        (state(notices=(NOTICE,)), "correction"),
        (state(TEXT.replace("Forty", "Thirty"), notices=(NOTICE,)), "correction"),
        (state(TEXT[:29], access="partial"), "access"),
        (state(title="RETRACTED: Council votes"), "retraction"),
        (state("", notices=("This article has been retracted by the editors.",)), "retraction"),
        (state(notices=("本文已撤回。",)), "retraction"),
    ],
)
def test_a_change_has_the_gravest_class_that_fits(after: State, change: str) -> None:
    assert classify(state(), after) == change


@pytest.mark.parametrize(
    "title", ["Troops withdrawn from the border", "Minister retracts claim: 'I was wrong'"]
)
def test_news_about_a_retraction_is_none(title: str) -> None:
    assert classify(state(), state(title=title)) == "headline"


def test_a_changed_figure_is_no_typo() -> None:
    assert classify(state("It cost 1,200 crowns."), state("It cost 1,300 crowns.")) == "update"


def test_a_standing_notice_is_not_a_new_correction() -> None:
    before = state(notices=(NOTICE,))
    assert classify(before, state(TEXT + " More.", notices=(NOTICE.upper(),))) != "correction"


def test_long_texts_are_compared_in_time() -> None:
    words = [f"word{i}" for i in range(20_000)]
    assert classify(state(" ".join(words)), state(" ".join(reversed(words)))) == "update"
