from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.research.study.votes import Vote, VoteStore, number_participants, read_csv, to_csv

VOTE = Vote("anna", "sea", "dpe", "clhe", "clhe", 1500, "2024-01-01T00:00:00.000+00:00")


@pytest.fixture
def store(tmp_path: Path) -> VoteStore:
    return VoteStore(tmp_path / "votes.sqlite")


def test_a_vote_comes_back_as_it_was_given(store: VoteStore) -> None:
    store.add(VOTE)
    store.add(replace(VOTE, participant="ben", winner="clhe", loser="dpe"))
    assert store.all() == [VOTE, replace(VOTE, participant="ben", winner="clhe", loser="dpe")]
    assert store.of("anna") == [VOTE]
    assert store.of("nobody") == []


def test_a_vote_that_is_sent_again_counts_once_and_the_last_one_counts(store: VoteStore) -> None:
    changed = replace(VOTE, winner="clhe", loser="dpe", left="dpe")
    for vote in (VOTE, VOTE, changed):
        store.add(vote)
    assert store.all() == [changed]


def test_a_vote_is_taken_back_whatever_the_sides_and_no_other_is(store: VoteStore) -> None:
    others = [replace(VOTE, participant="ben"), replace(VOTE, photo="hill"), replace(VOTE, loser="npea", left="npea")]
    for vote in (VOTE, *others):
        store.add(vote)
    store.remove("anna", "sea", "dpe", "clhe")
    store.remove("anna", "sea", "dpe", "clhe")
    assert store.all() == others


def test_votes_of_many_threads_are_all_kept_and_are_there_after_a_restart(tmp_path: Path) -> None:
    store = VoteStore(tmp_path / "votes.sqlite")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: store.add(replace(VOTE, photo=str(i))), range(64)))
    assert len(VoteStore(tmp_path / "votes.sqlite").all()) == 64
    with closing(sqlite3.connect(tmp_path / "votes.sqlite")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_the_database_refuses_a_pair_of_one_system(store: VoteStore) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        store.add(replace(VOTE, left="dpe", winner="dpe", loser="dpe"))
    assert store.all() == []


def test_a_file_that_is_no_database_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "votes.sqlite").write_bytes(b"no database at all, but long enough to be looked at" * 20)
    with pytest.raises(DataError, match=r"votes\.sqlite: cannot keep votes there"):
        VoteStore(tmp_path / "votes.sqlite")


def test_participants_are_numbered_in_the_order_of_their_first_votes() -> None:
    votes = [replace(VOTE, participant=name, photo=str(i)) for i, name in enumerate(["zoe", "anna", "zoe"])]
    assert [vote.participant for vote in number_participants(votes)] == ["1", "2", "1"]


def test_csv_keeps_votes_and_takes_files_with_four_columns(tmp_path: Path) -> None:
    votes = [VOTE, Vote("ben", "a, b", "x", "y")]
    file = tmp_path / "votes.csv"
    file.write_text(to_csv(votes))
    assert read_csv(file) == votes
    file.write_text("\ufeffloser,winner,photo,participant\ny,x,sea,anna\n")
    assert read_csv(file) == [Vote("anna", "sea", "x", "y")]


def test_all_bad_lines_of_a_csv_are_told(tmp_path: Path) -> None:
    file = tmp_path / "votes.csv"
    lines = ["participant,photo,winner,loser,left,milliseconds"]
    lines += ["anna,sea,x,y,x,100", "anna,sea,y,x,,", "anna,hill,x,x,,", "anna,,x,,,", "ben,sea,x,y,z,", "ben,sea,x,y,,fast"]
    file.write_text("\n".join(lines))
    with pytest.raises(DataError) as failure:
        read_csv(file)
    assert str(failure.value).splitlines()[1:] == [
        "  line 3: anna has voted on this pair of sea before",
        "  line 4: winner and loser are both x",
        "  line 5: photo, loser empty",
        "  line 6: left is z, which is neither winner nor loser",
        "  line 7: milliseconds is fast, not a whole number",
    ]


def test_a_csv_without_votes_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "votes.csv").write_text(to_csv([]))
    with pytest.raises(DataError, match=r"votes\.csv: holds no votes; name a file with at least one vote"):
        read_csv(tmp_path / "votes.csv")


def test_as_many_people_have_voted_as_there_are_names(store: VoteStore) -> None:
    assert store.participants() == 0
    for participant, photo in (("anna", "sea"), ("anna", "hill"), ("ben", "sea")):
        store.add(replace(VOTE, participant=participant, photo=photo))
    assert store.participants() == 2


def test_a_csv_without_the_columns_and_one_that_is_missing_are_errors(tmp_path: Path) -> None:
    (tmp_path / "votes.csv").write_text("participant,photo,left,right\n")
    with pytest.raises(DataError, match="has no column winner, loser"):
        read_csv(tmp_path / "votes.csv")
    with pytest.raises(DataError, match=r"none\.csv: cannot read votes"):
        read_csv(tmp_path / "none.csv")
