import hashlib

import numpy as np

from tasks.dedup.signatures import PERMUTATIONS, SCHEME, sign, similarity

ENGLISH = (
    "The harbour bridge was closed to traffic on Monday after engineers found a crack in one of "
    "its bearings, and it will stay closed for at least a week, the city said."
)
JAPANESE = (
    "港の橋は月曜日、技術者が支承の一つに亀裂を見つけたため通行止めになり、"
    "少なくとも一週間は閉鎖されると市が発表した。"
)

GOLDEN = "6ad60cba8762075f832874e5d2a667dd2aed60283c6d5d9da7d7a58d6de34082"


def matrix(*texts: str) -> np.ndarray:
    signed = sign(texts)
    return np.vstack([np.frombuffer(s, "<u4") for s in signed if s is not None])


def test_the_scheme_is_what_stored_signatures_were_made_with() -> None:
    """Another digest means that stored signatures are of another scheme: raise its name too."""
    signed = b"".join(s or b"" for s in sign([ENGLISH, JAPANESE]))
    assert SCHEME == "rensa R2 perm=128 seed=20261124 shingle=3 min=20 words=1"
    assert hashlib.sha256(signed).hexdigest() == GOLDEN


def test_equal_texts_agree_whatever_their_case_and_spaces() -> None:
    left, right = matrix(ENGLISH, ENGLISH.upper().replace(" ", "\u00a0"))
    assert similarity(left[None], right[None])[0] == 1.0


def test_short_and_empty_texts_have_no_signature() -> None:
    assert sign(["", "Access restricted."]) == [None, None]


def test_the_estimate_is_near_the_true_similarity() -> None:
    words = ENGLISH.split()
    changed = [*words[:10], "suddenly", *words[11:]]
    left, right = matrix(" ".join(words), " ".join(changed))
    true = _jaccard(words, changed)
    assert left.shape == (PERMUTATIONS,)
    assert abs(float(similarity(left[None], right[None])[0]) - true) < 0.15


def _jaccard(left: list[str], right: list[str]) -> float:
    sets = [set(zip(w, w[1:], w[2:], strict=False)) for w in (left, right)]
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])
