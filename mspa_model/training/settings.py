"""What a training is asked for: a configuration file and the command line, which may not contradict each other."""

import json
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from mspa_model.config import RunConfig, config_from_json
from mspa_model.errors import DataError
from mspa_model.keys import read_written, wrong_keys


def settings_of(config: Path | None, seed: int | None = None, max_dense_streamers: int | None = None) -> RunConfig:
    """The configuration, or the defaults, with what the command line names; None: what it leaves open.

    Raises DataError on a file that cannot be read, and where both name the same thing and not alike.
    """
    settings = RunConfig() if config is None else _read(config)
    if config is not None:
        _refuse_two(config, "--seed", seed, ("seed",))
        _refuse_two(config, "--max-dense-streamers", max_dense_streamers, ("ranking", "max_dense_streamers"))
    if max_dense_streamers is not None:
        settings = replace(settings, ranking=replace(settings.ranking, max_dense_streamers=max_dense_streamers))
    return settings if seed is None else replace(settings, seed=seed)


def _read(config: Path) -> RunConfig:
    try:
        return config_from_json(read_written(config))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        wrong = wrong_keys(error) if isinstance(error, ValidationError) else ()
        listed = "; ".join(f"{key.key}: {key.value!r:.60}, where {key.expected} is expected" for key in wrong)
        raise DataError(
            f"--config {config}: {listed or error}", "JSON as a run's config.json", "Mend it or leave it out."
        ) from error


def _refuse_two(config: Path, option: str, value: int | None, keys: tuple[str, ...]) -> None:
    """Asked of a file that has been read: whether it names another value than the option does."""
    named = json.loads(read_written(config))
    for key in keys:
        named = named.get(key) if isinstance(named, dict) else None
    if value is not None and named not in (None, value):
        got = f"{option} {value} and {'.'.join(keys)} {named} in --config {config}"
        raise DataError(got, "one of the two, or the same in both", "Leave one out.")
