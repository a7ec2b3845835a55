"""Training the linkage model on the force's own records, and adopting it: a named person's decision, on the ledger."""

from sooner.engines.linkage import batch
from sooner.engines.linkage.model import Model, dumps
from sooner.errors import Refused
from sooner.ledger import clock
from sooner.ledger.work import Actor, Subject, unit_of_work
from sooner.people import linkage
from sooner.people.commands.run_linkage import Said, load
from sooner.people.models import LinkageModel, Prepared
from sooner.policy.loader import get_policy

FEWEST = 2_000
"""Fewer records than this teach a model nothing that the shipped one does not know better."""


def train(
    actor: Actor, *, adopt: bool = False, seed: int = 1, said: Said = lambda words: None
) -> LinkageModel:
    """Train on all records without labels; with `adopt` the model is in force at once. Raises Refused with too few records."""
    rows = Prepared.objects.count()
    if rows < FEWEST:
        raise Refused(
            f"There are {rows:,} records, and training needs {FEWEST:,}: load partner extracts first."
            " The model that ships stays in force."
        )
    engine = batch.DuckDB()
    said("Reading records")
    load(engine, linkage.untrained())
    said("Learning the weights")
    model = learn(engine, on="the force's own records", seed=seed)
    with unit_of_work(actor) as work:
        made = LinkageModel.objects.create(
            text=dumps(model),
            trained_at=clock.now(),
            trained_on="the force's own records",
            rows=rows,
            by_label=actor.label,
        )
        work.record(
            "linkage-model.trained",
            subject=Subject("linkage-model", made.pk),
            thread="force",
            rows=rows,
            seed=seed,
        )
        if adopt:
            _adopt(made)
            work.record("linkage-model.adopted", subject=Subject("linkage-model", made.pk), thread="force")
    return made


def adopt(actor: Actor, *, model: int) -> LinkageModel:
    """Put a trained model in force. Raises Refused when there is none of that number."""
    with unit_of_work(actor) as work:
        made = LinkageModel.objects.select_for_update().filter(pk=model).first()
        if made is None:
            raise Refused(f"There is no trained model {model}: 'sooner linkage models' lists them.")
        _adopt(made)
        work.record("linkage-model.adopted", subject=Subject("linkage-model", made.pk), thread="force")
    return made


def _adopt(made: LinkageModel) -> None:
    made.adopted_at = clock.now()
    made.save(update_fields=["adopted_at"])


def learn(engine: batch.Engine, *, on: str, seed: int = 1) -> Model:
    """The policy's model with weights learned from the engine's `people`."""
    rules = get_policy().linkage.rules
    plan = batch.Plan(
        rules.certain,
        rules.certain_recall,
        tuple(tuple(columns.split()) for columns in rules.rounds),
        rules.least_m,
        seed=seed,
    )
    return batch.train(engine, linkage.untrained(), plan, on=on, at=clock.now())
