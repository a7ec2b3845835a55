"""Train the linkage model that ships with Sooner, without labels, on an invented population; see scripts/train-linkage."""

import os
from dataclasses import replace
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
    # The invented names are few: one that they lack is no rarity. About one in ten thousand bears the name that is the
    # thousandth most frequent in England.
    model = replace(model, rarest=dict.fromkeys(model.rarest, 1e-4))
    path = Path(str(files("sooner.policy").joinpath("data", "linkage", "person.json")))
    path.write_text(dumps(model), encoding="utf-8")
    print(f"{path.name}: {len(known):,} records")


if __name__ == "__main__":
    main()
