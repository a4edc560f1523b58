"""dpe study"""

from __future__ import annotations

from pathlib import Path

import click

from deep_photo_enhancer.cli.shared import one_line_errors, path_type, write
from deep_photo_enhancer.system.text import one_line, quantity


class _NewUnlessNamed(click.Group):
    """`dpe study A B` means `dpe study new A B`; a folder that is called like a command is written ./new."""

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        """Put the command before arguments that name none."""
        if arguments and arguments[0] not in (*self.commands, *context.help_option_names):
            arguments = ["new", *arguments]
        return super().parse_args(context, arguments)


@click.group(cls=_NewUnlessNamed, subcommand_metavar="[new] A B... -o STUDY | serve STUDY | report STUDY")
def study() -> None:
    """Let people choose between several systems' versions of the same photos, blind and pair by pair.

    \b
    dpe study ours/ theirs/ -o study/     make a study of photos with equal names; `new` may be left out
    dpe study serve study/                let people take part, in their browsers
    dpe study report study/               show who was preferred
    """


@study.command()
@click.argument("folders", nargs=-1, required=True, type=path_type())
@click.option("-o", "--output", required=True, type=path_type(), help="The folder to make.")
@one_line_errors
def new(folders: tuple[Path, ...], output: Path) -> None:
    """Make a study of the photos in two or more FOLDERS, which systems are called after."""
    from deep_photo_enhancer.research.study.material import make_study

    made = make_study(folders, output)
    photos, systems = len(made.photos()), len(made.systems)
    pairs = photos * systems * (systems - 1) // 2
    of_each = f"{quantity(photos, 'photo')} by {systems} systems: {quantity(pairs, 'pair')} for each participant"
    click.echo(f"{of_each}\ndpe study serve {one_line(output)}")


@study.command()
@click.argument("study", type=path_type())
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at; 0.0.0.0 lets in the whole network.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 for any that is free.")
@one_line_errors
def serve(study: Path, host: str, port: int) -> None:
    """Show a STUDY to whoever opens the address that is printed, until Ctrl-C."""
    from deep_photo_enhancer.research.study.material import load_study
    from deep_photo_enhancer.system.signals import stop_signals
    from deep_photo_enhancer.web.access import is_loopback
    from deep_photo_enhancer.web.addresses import reachable
    from deep_photo_enhancer.web.serving import listen
    from deep_photo_enhancer.web.serving import serve as answer
    from deep_photo_enhancer.web.study import LIMITS, StudySite

    site = StudySite(load_study(study))
    with listen(host, port) as listener, stop_signals(None) as stop:
        click.echo(f"http://{reachable(host)}:{listener.getsockname()[1]}/ (Ctrl-C ends it)")
        answer(site.app(is_loopback(host)), listener, LIMITS, stop)
    votes = site.store.all()
    participants = len({vote.participant for vote in votes})
    given = f"{quantity(len(votes), 'vote')} by {quantity(participants, 'participant')}"
    click.echo(f"{given}\ndpe study report {one_line(study)}")


@study.command()
@click.argument("study", required=False, type=path_type())
@click.option("--votes", "votes_file", type=path_type(), help="Votes from this CSV file: participant, photo, winner, loser.")
@click.option("-o", "--output", type=path_type(), help="Folder for report.md, report.json and votes.csv; else the study's.")
@one_line_errors
def report(study: Path | None, votes_file: Path | None, output: Path | None) -> None:
    """Show who was preferred in a STUDY, or in a file of votes, how surely, and how far people agree."""
    import json

    from deep_photo_enhancer.cli.targets import STUDY, check_folder
    from deep_photo_enhancer.research.study.material import load_study
    from deep_photo_enhancer.research.study.report import markdown, result
    from deep_photo_enhancer.research.study.votes import VoteStore, number_participants, read_csv, to_csv

    if (study is None) == (votes_file is None):
        raise click.UsageError("Name a study, or a file with --votes.")
    output = output or study
    if output is not None:
        check_folder(output, STUDY, [votes_file] if votes_file else [])
    if votes_file is not None:
        votes = read_csv(votes_file)
    else:
        assert study is not None
        votes = number_participants(VoteStore(load_study(study).votes_file).all())
    figures = result(votes)
    click.echo(markdown(figures), nl=False)
    if output is not None:
        write(output / "report.md", markdown(figures))
        write(output / "report.json", json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
        write(output / "votes.csv", to_csv(votes))
        click.echo(f"wrote report.md, report.json and votes.csv in {one_line(output)}", err=True)
