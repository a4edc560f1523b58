"""Votes, in a database while a study runs and in CSV files to keep and to exchange."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.system.text import one_line

COLUMNS = ("participant", "photo", "winner", "loser")
MORE_COLUMNS = ("left", "milliseconds", "time")

_TABLE = """
CREATE TABLE IF NOT EXISTS votes (
  participant TEXT NOT NULL,
  photo TEXT NOT NULL,
  left_system TEXT NOT NULL,
  right_system TEXT NOT NULL,
  winner TEXT NOT NULL,
  milliseconds INTEGER NOT NULL,
  time TEXT NOT NULL,
  CHECK (left_system <> right_system),
  CHECK (winner IN (left_system, right_system))
);
CREATE UNIQUE INDEX IF NOT EXISTS one_vote
  ON votes (participant, photo, min(left_system, right_system), max(left_system, right_system));
"""


@dataclass(frozen=True)
class Vote:
    """One choice of one participant."""

    participant: str
    photo: str
    winner: str
    """The system whose version was chosen."""
    loser: str
    left: str = ""
    """The system that was on the left, or above; empty when not known."""
    milliseconds: int | None = None
    """From the moment when both pictures were seen."""
    time: str = ""
    """UTC, ISO 8601."""

    @property
    def systems(self) -> tuple[str, str]:
        """Both, in the order of their names."""
        return min(self.winner, self.loser), max(self.winner, self.loser)


class VoteStore:
    """The votes of a study in SQLite: one for each participant, photo and pair of systems. For several threads at once."""

    def __init__(self, file: Path) -> None:
        """DataError when the database cannot be opened."""
        self._file = file
        try:
            with self._connection() as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.executescript(_TABLE)
        except sqlite3.Error as error:
            raise DataError(f"{file}: cannot keep votes there: {error}; check that the folder can be written to") from error

    def add(self, vote: Vote) -> None:
        """Count a vote; one on the same photo and pair by the same participant is replaced. sqlite3.Error if not saved."""
        right = vote.loser if vote.left == vote.winner else vote.winner
        row = (vote.participant, vote.photo, vote.left, right, vote.winner, vote.milliseconds, vote.time)
        with self._connection() as connection:
            connection.execute("INSERT OR REPLACE INTO votes VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def remove(self, participant: str, photo: str, one: str, other: str) -> None:
        """Take a vote back, if there is one. sqlite3.Error if it is still there."""
        which = (participant, photo, min(one, other), max(one, other))
        condition = "participant = ? AND photo = ? AND min(left_system, right_system) = ? AND max(left_system, right_system) = ?"
        with self._connection() as connection:
            connection.execute(f"DELETE FROM votes WHERE {condition}", which)

    def of(self, participant: str) -> list[Vote]:
        """One participant's votes. sqlite3.Error when they cannot be read."""
        with self._connection() as connection:
            rows = connection.execute("SELECT * FROM votes WHERE participant = ?", (participant,)).fetchall()
        return [_vote(*row) for row in rows]

    def participants(self) -> int:
        """How many people have voted. sqlite3.Error when that cannot be read."""
        with self._connection() as connection:
            return int(connection.execute("SELECT count(DISTINCT participant) FROM votes").fetchone()[0])

    def all(self) -> list[Vote]:
        """All votes in the order in which they were given. DataError when the database is damaged."""
        try:
            with self._connection() as connection:
                rows = connection.execute("SELECT * FROM votes ORDER BY time, rowid").fetchall()
        except sqlite3.Error as error:
            raise DataError(f"{self._file}: cannot read votes: {error}") from error
        return [_vote(*row) for row in rows]

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._file, timeout=10)) as connection, connection:
            yield connection


def _vote(participant: str, photo: str, left: str, right: str, winner: str, milliseconds: int, time: str) -> Vote:
    return Vote(participant, photo, winner, right if winner == left else left, left, milliseconds, time)


def number_participants(votes: Sequence[Vote]) -> list[Vote]:
    """The same votes, participants called 1, 2, 3 in order: whoever knows a participant's own name could vote in it."""
    numbers: dict[str, str] = {}
    return [replace(vote, participant=numbers.setdefault(vote.participant, str(len(numbers) + 1))) for vote in votes]


def to_csv(votes: Sequence[Vote]) -> str:
    """Votes as a table that `read_csv` reads."""
    columns = [*COLUMNS, *MORE_COLUMNS]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([getattr(vote, column) for column in columns] for vote in votes)
    return text.getvalue()


def read_csv(file: Path) -> list[Vote]:
    """Votes from a CSV file with the columns participant, photo, winner, loser, and maybe left, milliseconds, time.

    DataError when there are none, else it lists every line that is wrong.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
            if missing:
                raise DataError(f"{file}: has no column {', '.join(missing)}; its first line must name {', '.join(COLUMNS)}")
            rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{file}: cannot read votes: {error}") from error
    if not rows:
        raise DataError(f"{file}: holds no votes; name a file with at least one vote below its first line")
    votes: dict[tuple[str, str, tuple[str, str]], Vote] = {}
    problems: list[str] = []
    for line, row in rows:
        vote, problem = _from_row(row)
        if not problem and votes.setdefault((vote.participant, vote.photo, vote.systems), vote) is not vote:
            problem = f"{vote.participant} has voted on this pair of {vote.photo} before"
        if problem:
            problems.append(f"line {line}: {problem}")
    if problems:
        raise DataError(f"{file}: {len(problems)} bad lines:\n  " + "\n  ".join(map(one_line, problems)))
    return list(votes.values())


def _from_row(row: dict[str, str | None]) -> tuple[Vote, str]:
    """The vote, and what is wrong with it."""
    text = {column: (row.get(column) or "").strip() for column in (*COLUMNS, *MORE_COLUMNS)}
    problem = ""
    if empty := [column for column in COLUMNS if not text[column]]:
        problem = f"{', '.join(empty)} empty"
    elif text["winner"] == text["loser"]:
        problem = f"winner and loser are both {text['winner']}"
    elif text["left"] not in ("", text["winner"], text["loser"]):
        problem = f"left is {text['left']}, which is neither winner nor loser"
    elif not (text["milliseconds"].isdecimal() or not text["milliseconds"]):
        problem = f"milliseconds is {text['milliseconds']}, not a whole number"
    milliseconds = int(text["milliseconds"]) if text["milliseconds"].isdecimal() else None
    participant, photo, winner, loser = (text[column] for column in COLUMNS)
    return Vote(participant, photo, winner, loser, text["left"], milliseconds, text["time"]), problem
