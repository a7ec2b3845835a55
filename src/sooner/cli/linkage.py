"""`sooner linkage`: link the records of all agencies, train and adopt a model, and measure how good it is, group by group."""

import csv
import getpass
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sooner.cli.console import err, out
from sooner.errors import SoonerError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from sooner.engines.linkage.quality import Share
    from sooner.engines.linkage.spark import Spark
    from sooner.ledger.work import Actor
    from sooner.people.assess import Group, Label

linkage = typer.Typer(
    help="Link the records of all agencies to persons; train and measure the model.", no_args_is_help=True
)


@linkage.command("run")
def run(
    everything: Annotated[
        bool, typer.Option("--all", help="All records, not only those new or changed since the last run.")
    ] = False,
    spark: Annotated[
        str,
        typer.Option(help="Weigh on Apache Spark: 'local', or the address of a master. DuckDB without it."),
    ] = "",
    folder: Annotated[
        str, typer.Option(help="With a Spark master: a folder that all its machines read and write.")
    ] = "",
) -> None:
    """Link the records of all extracts and of the police; persons keep their numbers, and people's decisions hold."""
    from sooner.people.commands.run_linkage import run_linkage

    with err.status("Linking") as status:
        if spark:
            with _spark(spark, folder) as engine:
                made = run_linkage(_actor(), everything=everything, engine=engine, said=status.update)
        else:
            made = run_linkage(_actor(), everything=everything, said=status.update)
    out.print(
        f"{made.records:,} records weighed against all, {made.pairs:,} pairs likely enough. {made.joined:,} persons joined"
        f" to others, {made.parted:,} parted; {made.doubtful:,} pairs wait for somebody to decide."
    )


@linkage.command("train")
def train(
    adopt: Annotated[bool, typer.Option(help="Put the model in force at once.")] = False,
    seed: Annotated[int, typer.Option(help="The same records and seed give the same model.")] = 1,
) -> None:
    """Learn a model from the force's own records, without labels."""
    from sooner.people.commands.train import train as command

    with err.status("Training") as status:
        made = command(_actor(), adopt=adopt, seed=seed, said=status.update)
    said = "It is in force." if adopt else f"'sooner linkage adopt {made.pk}' puts it in force."
    out.print(f"Model {made.pk} learned from {made.rows:,} records. {said}")


@linkage.command("adopt")
def adopt(model: Annotated[int, typer.Argument(help="A number that 'sooner linkage models' lists.")]) -> None:
    """Put a trained model in force."""
    from sooner.people.commands.train import adopt as command

    command(_actor(), model=model)
    out.print(f"Model {model} is in force. 'sooner linkage run --all' links all records by it.")


@linkage.command("models")
def models() -> None:
    """List the models trained here; without one in force, the one that ships is."""
    from sooner.people.models import LinkageModel

    rows = list(LinkageModel.objects.order_by("pk"))
    for one in rows:
        force = f", in force since {one.adopted_at:%Y-%m-%d %H:%M}" if one.adopted_at else ""
        out.print(
            f"Model {one.pk}: trained {one.trained_at:%Y-%m-%d %H:%M} on {one.rows:,} records by {one.by_label}{force}."
        )
    if not any(one.adopted_at for one in rows):
        out.print("The model that ships is in force.")


@linkage.command("assess")
def assess(
    labels: Annotated[
        Path | None,
        typer.Option(
            help="A CSV of labelled pairs: record,other,same (yes or no). Without it, everything that people decided."
        ),
    ] = None,
) -> None:
    """Precision, recall and F1 on labelled pairs, by group; ends with 1 when a group's recall lies below the policy's floor."""
    from sooner.people import assess as assessing
    from sooner.policy.loader import get_policy

    pairs = _labels(labels) if labels else assessing.labels()
    if not pairs:
        raise SoonerError(
            "Nobody has decided on a pair yet: look at some at /linkage/review/, or give --labels."
        )
    groups, rules = assessing.assess(pairs), get_policy().linkage.quality
    out.print("\n".join(_lines(groups)))
    out.print(
        f"{len(pairs):,} labelled pair{'' if len(pairs) == 1 else 's'}. Recall is judged for groups of"
        f" {rules.least_pairs} pairs of one person or more;"
        f" the floor is {rules.recall_floor:.0%}."
    )
    if short := [group.name for group in groups if group.short]:
        raise SoonerError(
            f"Recall lies below {rules.recall_floor:.0%} for: {', '.join(short)}. Train the model, or mend linkage.toml."
        )


def _lines(groups: "list[Group]") -> Iterator[str]:
    """A heading and a line for each group, in columns."""
    width = max(len(group.name) for group in groups)
    heads = ("precision", "recall, joined", "recall, joined or shown")
    yield f"{'group':<{width}}  {'pairs':>7}  " + "  ".join(f"{head:<23}" for head in heads) + "  F1"
    for group in groups:
        shares = (group.joined.precision, group.joined.recall, group.shown.recall)
        verdict = {True: "BELOW THE FLOOR", False: "", None: "too few pairs to say"}[group.short]
        f1 = "-" if group.joined.f1 is None else f"{group.joined.f1:.4f}"
        said = "  ".join(f"{_share(share):<23}" for share in shares)
        yield f"{group.name:<{width}}  {group.shown.recall.of:>7,}  {said}  {f1:<6}  {verdict}".rstrip()


def _share(share: "Share") -> str:
    return "-" if share.value is None else f"{share.value:.4f} ({share.low:.3f} to {share.high:.3f})"


def _labels(path: Path) -> "list[Label]":
    from sooner.people.assess import Label

    if not path.is_file():
        raise SoonerError(f"{path} is not a file: check the name.")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    found = []
    for number, row in enumerate(rows, 2):
        try:
            found.append(
                Label(
                    int(row["record"]),
                    int(row["other"]),
                    {"yes": True, "no": False}[row["same"].strip().casefold()],
                )
            )
        except (KeyError, ValueError, AttributeError, TypeError) as error:
            raise SoonerError(
                f"{path.name}, line {number} is not a labelled pair: it needs record, other and same (yes or no)."
            ) from error
    return found


def _spark(master: str, folder: str) -> "AbstractContextManager[Spark]":
    from sooner.engines.linkage import spark

    if find_spec("pyspark") is None:
        raise SoonerError(
            "Apache Spark is not installed: install Sooner with its extra 'spark', and Java 17."
        )
    if master == "local":
        return spark.local()
    if not folder:
        raise SoonerError("Give --folder: a place that all machines of the Spark cluster read and write.")
    return spark.cluster(master, folder=folder)


def _actor() -> "Actor":
    from sooner.ledger.work import Actor

    return Actor("system", None, f"{getpass.getuser()} at the command line")


def register(app: typer.Typer) -> None:
    app.add_typer(linkage, name="linkage")
