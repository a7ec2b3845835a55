"""Train the linkage model that ships with Sooner, without labels, on an invented population; see scripts/train-linkage."""

import os
from importlib.resources import files
from itertools import chain
from pathlib import Path

import django

BLOCKS, SEED = 15, 2026


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sooner.settings")
    django.setup()
    import population

    from sooner.engines.linkage import batch
    from sooner.engines.linkage.model import dumps
    from sooner.people.commands.train import learn

    known = list(chain.from_iterable(population.records(number, seed=SEED) for number in range(BLOCKS)))
    people, _ = population.tables(known)
    engine = batch.DuckDB()
    engine.load("people", people)
    model = learn(engine, on="an invented British population", seed=SEED)
    path = Path(str(files("sooner.policy").joinpath("data", "linkage", "person.json")))
    path.write_text(dumps(model), encoding="utf-8")
    print(f"{path.name}: {len(known):,} records")


if __name__ == "__main__":
    main()
