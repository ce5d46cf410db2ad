"""Users and what they do: numbers that add up, tips inside rooms, and choices that follow the planted taste."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mspa_model.data.world.behaviour import draw_events, draw_tips
from mspa_model.data.world.cast import Cast, draw_cast, draw_rooms
from mspa_model.data.world.users import NEVER, Crowd, draw_crowd, modality_utility, second_half_pull, utility
from mspa_model.types import Modality
from tests.data_world.conftest import TINY

CONFIG = replace(TINY, n_users=200, n_tips=4000, n_streamers=60, shift_share=0.5)
SEED = 7
People = tuple[Cast, Crowd, pd.DataFrame, pd.DataFrame]


@pytest.fixture(scope="module")
def people() -> People:
    cast, crowd = draw_cast(CONFIG, SEED), draw_crowd(CONFIG, SEED)
    rooms = draw_rooms(cast, CONFIG, SEED)
    return cast, crowd, rooms, draw_tips(cast, crowd, rooms, CONFIG, SEED)


def test_weights_and_counts_add_up(people: People) -> None:
    _, crowd, _, tips = people
    assert np.allclose(crowd.weights.sum(1), 1)
    assert crowd.n_tips.sum() == len(tips) == CONFIG.n_tips
    assert (tips["user"].value_counts().reindex(range(200), fill_value=0).to_numpy() == crowd.n_tips).all()
    assert (crowd.n_tips == 0).any()
    assert ((crowd.n_tips > 0) & (crowd.n_tips <= 3)).any()


def test_rooms_of_a_streamer_follow_each_other_and_start_with_its_first_day(people: People) -> None:
    cast, _, rooms, _ = people
    days = rooms["start"] // 1440
    assert (rooms.groupby("streamer")["start"].diff().dropna() > 0).all()
    assert (days.to_numpy() >= cast.first_day[rooms["streamer"]]).all()
    changes = rooms["switch"] >= 0
    assert changes.any()
    assert cast.changer[rooms["streamer"][changes]].all()


def test_a_tip_falls_into_its_segment_of_its_streamers_room(people: People) -> None:
    _, _, rooms, tips = people
    room = rooms.loc[tips["room"]].reset_index(drop=True)
    assert (room["streamer"] == tips["streamer"]).all()
    into = tips["second"] - room["start"] * 60
    assert (into // 30 == tips["segment"]).all()
    assert (tips["segment"] < room["n_segments"]).all()
    assert (tips["amount"] > 0).all()


def test_tips_go_where_the_taste_of_that_day_is(people: People) -> None:
    cast, crowd, _, tips = people
    likes = np.stack([utility(cast, crowd, CONFIG, phase) for phase in (0, 1)])
    centred = likes - likes.mean(2, keepdims=True)
    after = (tips["second"] // 86_400).to_numpy() >= crowd.shift_day[tips["user"]]
    user, streamer = tips["user"].to_numpy(), tips["streamer"].to_numpy()
    right, wrong = centred[after.astype(int), user, streamer], centred[1 - after.astype(int), user, streamer]
    assert right.mean() > 2
    shifting = crowd.shift_day[user] != NEVER
    assert shifting.any()
    assert right[shifting].mean() > 2 * wrong[shifting].mean()


def test_tips_in_a_room_that_changes_go_to_the_half_that_is_liked(people: People) -> None:
    cast, crowd, rooms, tips = people
    switch = rooms["switch"].to_numpy()[tips["room"]]
    own = tips[(switch >= 0) & (crowd.shift_day[tips["user"]] == NEVER)]
    pull = second_half_pull(cast, crowd, CONFIG, 0)[own["user"], own["streamer"]]
    second = own["segment"].to_numpy() >= rooms["switch"].to_numpy()[own["room"]]
    assert second[pull > 1].mean() > 0.7
    assert second[pull < -1].mean() < 0.3


def test_a_lacking_modality_pays_nothing_and_the_rest_is_standardised(people: People) -> None:
    cast, crowd, _, _ = people
    for m in Modality:
        liking = modality_utility(cast, crowd, m, 0)
        assert (liking[:, ~cast.present[m]] == 0).all()
        assert np.allclose(liking[:, cast.present[m]].std(1), 1)


def test_events_lie_inside_rooms_and_every_tipped_room_was_viewed(people: People) -> None:
    cast, crowd, rooms, tips = people
    events = draw_events(cast, crowd, rooms, tips, CONFIG, SEED)
    assert (events["second"] >= rooms["start"].to_numpy()[events["room"]] * 60).all()
    views = events[events["kind"] == "view"]
    assert set(zip(tips["user"], tips["room"], strict=True)) <= set(zip(views["user"], views["room"], strict=True))
    assert set(events["kind"]) == {"view", "like", "comment", "follow", "share"}
    assert (views["seconds"] > 0).all()
