from tasks.clean.decide import decide
from tasks.schema import Block, Verdict

BLOCKS = tuple(Block(i, "paragraph", "x" * 100) for i in range(10))


def verdict(block: int, action: str = "remove", **more: object) -> Verdict:
    given = {"confidence": 0.9, "priority": 50, "stage": "text"} | more
    return Verdict(
        block=block,
        action=action,
        rule=f"r.{action}",
        rule_version=1,
        cls="c",
        evidence=("e",),
        **given,
    )


def test_the_higher_priority_wins() -> None:
    assert decide(BLOCKS, [verdict(0), verdict(0, "keep", priority=90)])[0].action == "keep"
    assert decide(BLOCKS, [verdict(0, priority=60), verdict(0, "keep")])[0].action == "remove"


def test_of_equal_ones_keep_comes_before_move_before_remove() -> None:
    assert decide(BLOCKS, [verdict(0), verdict(0, "move"), verdict(0, "keep")])[0].action == "keep"
    assert decide(BLOCKS, [verdict(0), verdict(0, "move")])[0].action == "move"


def test_flags_decide_nothing() -> None:
    assert decide(BLOCKS, [verdict(0, "flag")]) == {}


def test_weak_removals_that_take_too_much_are_not_believed() -> None:
    assert set(decide(BLOCKS, [verdict(i) for i in range(3)])) == {0, 1, 2}
    assert decide(BLOCKS, [verdict(i) for i in range(4)]) == {}
    assert len(decide(BLOCKS, [verdict(i, confidence=0.99) for i in range(4)])) == 4


def test_what_extraction_left_out_does_not_count_for_the_guard() -> None:
    outside = [verdict(i, stage="html") for i in range(7)]
    assert set(decide(BLOCKS, [*outside, verdict(8)])) == set(range(7))
