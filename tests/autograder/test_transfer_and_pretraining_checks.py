"""What the checks of `transfer_and_pretraining` say to answers that no declared wrong version gives; their margins."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import numpy as np
import pytest
from gradus.layers import MLP, Linear
from gradus.optimizers import Adam, Momentum, RMSProp
from gradus.pretext_tasks import make_pairs, make_rotation_task
from gradus.training import fit

from autograder.checks import _transfer_and_pretraining_pairs as paired
from autograder.checks import _transfer_and_pretraining_probes as tried
from autograder.checks import _transfer_and_pretraining_reference as ref
from autograder.checks import _transfer_and_pretraining_wrong as wrong
from autograder.checks import of_topic
from autograder.handle import local
from autograder.judging import Answer, judge

EXERCISES = of_topic("transfer_and_pretraining")
NOTEBOOK = Path(__file__).parents[2] / "solutions/assignments/transfer_and_pretraining/transfer_and_pretraining.ipynb"


def answer(exercise: str, *objects, seed: int = 1) -> Answer:
    given = tuple(local(o) for o in objects)
    return judge(EXERCISES[exercise], lambda: given, seed=seed)


def hints(got: Answer) -> list[str]:
    return [r.hint for r in got.results if not r.passed]


# ---------------------------------------------------------------- copies that are none


def shallow(src, dst, k):
    for i in range(k):
        dst[i] = copy.copy(src[i])


def slices(src, dst, k):
    for i in range(k):
        dst[i].W, dst[i].b = src[i].W[:], src[i].b[:]


def as_arrays(src, dst, k):
    for i in range(k):
        dst[i].W, dst[i].b = np.asarray(src[i].W), np.asarray(src[i].b)


def copied_in_the_source(src, dst, k):
    for i in range(k):
        src[i].W, src[i].b = src[i].W.copy(), src[i].b.copy()
        dst[i].W, dst[i].b = src[i].W, src[i].b


def joined_lists(src, dst, k):
    dst[:] = src[:k].copy() + dst[k:]


@pytest.mark.parametrize("version", [shallow, slices, as_arrays, copied_in_the_source], ids=lambda v: v.__name__)
def test_arrays_shared_in_any_way_get_the_sentence_on_sharing(version):
    assert answer("copy_layers", version, ref.Dense).misconception == "shared"


def test_a_copied_list_of_the_same_layers_is_told_from_shared_arrays():
    assert answer("copy_layers", joined_lists, ref.Dense).misconception == "layers_shared"


def test_new_layers_under_a_name_of_their_own_are_told_not_to_reach_dst():
    def rebinds(src, dst, k):
        dst = copy.deepcopy(src[:k]) + dst[k:]

    assert answer("copy_layers", rebinds, ref.Dense).misconception == "new_list"


# ---------------------------------------------------------------- steps, reports, pairs


def test_names_that_a_step_forgets_are_listed():
    def only_learnt(params, grads, *rest, **rates):
        params, velocity = ref.frozen_step(params, grads, *rest, **rates)
        return {name: params[name] for name in grads}, velocity

    assert "['norm.mean', 'norm2.mean']" in answer("frozen_step", only_learnt).message


def test_a_step_in_place_loses_its_manners_only_and_is_told_which_dict_changed():
    def in_place(params, grads, stats, velocity, frozen, **rates):
        new, moved = ref.frozen_step(params, grads, stats, velocity, frozen, **rates)
        for name, array in new.items():
            params[name][...] = array
        velocity.update(moved)
        return params, velocity

    got = answer("frozen_step", in_place)
    assert got.score == EXERCISES["frozen_step"].points - 0.5
    assert got.message == "Your function changed params, which it was given: make a new one."


@pytest.mark.parametrize("places", [2, 3, 4])
def test_rounded_reports_are_told_so(places):
    def rounded(trial, draws):
        found = ref.honest_report(trial, draws)
        return {k: v if k == "verdict" else round(float(v), places) for k, v in found.items()}

    assert "Your numbers are rounded" in " ".join(hints(answer("honest_report", rounded)))


def test_a_verdict_in_other_letters_is_told_the_three():
    def capital(trial, draws):
        found = ref.honest_report(trial, draws)
        return found | {"verdict": found["verdict"].capitalize()}

    assert "letter by letter" in answer("honest_report", capital).message


def test_a_method_that_does_not_exist_is_refused_by_trial_in_words():
    got = answer("honest_report", lambda trial, draws: trial("pretrained", 0))
    assert (got.score, got.misconception) == (0.0, None)
    assert 'method must be "scratch" or "frozen"' in got.message


def test_a_report_that_asks_for_draws_twice_is_right():
    def twice(trial, draws):
        ref.honest_report(trial, draws)
        return ref.honest_report(trial, draws)

    assert answer("honest_report", twice).verdict == "pass"


def test_samples_out_of_step_with_their_labels_are_recognised():
    def shuffles_X(X, y, n, rng):
        X = rng.permutation(X)
        return make_pairs(X, y, n, rng)

    assert answer("make_pairs", shuffles_X, make_rotation_task).misconception == "apart"


def test_single_precision_is_no_mistake_of_pairs_and_turned_images():
    def pairs32(X, y, n, rng):
        pairs, same = make_pairs(X, y, n, rng)
        return pairs.astype(np.float32), same.astype(np.float32)

    def turned32(images):
        images, labels = make_rotation_task(images)
        return images.astype(np.float32), labels.astype(float)

    assert answer("make_pairs", pairs32, turned32).verdict == "pass"


def test_one_pair_too_many_of_one_class_is_seen_where_n_is_odd():
    def rounded_up(X, y, n, rng):
        return wrong.pairs_with(positives=lambda n: (n + 1) // 2)(X, y, n, rng)

    for seed in range(5):
        got = answer("make_pairs", rounded_up, make_rotation_task, seed=seed)
        assert [r.name for r in got.results if not r.passed] == ["pairs of many classes"]


def test_results_of_an_unexpected_sort_are_wrong_and_not_a_fault_of_ours():
    ragged = ([[1.0], [2.0, 3.0]], [1])
    for result in (None, 3, "pairs", [1.0], (None, None), ({}, {}), ragged, (np.zeros((2, 2)), "same")):
        for exercise in ("frozen_step", "honest_report", "denoising_gradients"):
            assert answer(exercise, lambda *a, result=result, **k: result).score == 0
        assert answer("make_pairs", *[lambda *a, result=result: result] * 2).score == 0
        assert answer("debug_transfer_and_pretraining", 7, lambda *a, result=result: result).score == 0


# ---------------------------------------------------------------- reuse_layers


def reuse_with(
    spread=None, optimizer=Adam, lr=0.01, batch=25, epochs=60, skip=0, copies=lambda copied: copied, freeze=True
):
    """reuse_layers with first weights of the spread spread(fan_in, fan_out), after `skip` numbers were drawn for nothing."""

    def reuse_layers(source, X, y, X_new, copied, rng):
        rng.random(skip)
        net = MLP([X.shape[1], *(layer["b"].size for layer in source[:-1]), int(y.max()) + 1], "relu", rng=rng)
        dense = [layer for layer in net.layers if isinstance(layer, Linear)]
        for layer in dense if spread else ():
            layer.W.data[...] = spread(*layer.W.shape) * rng.standard_normal(layer.W.shape)
        for i in copies(copied):
            dense[i].W.data[...], dense[i].b.data[...] = source[i]["W"], source[i]["b"]
            if freeze:
                dense[i].freeze()
        fit(net, X, y, optimizer=optimizer(net, lr), epochs=epochs, batch=min(batch, len(X)), rng=rng)
        return net(X_new).data.argmax(axis=1)

    return reuse_layers


@pytest.mark.parametrize(
    "name, version",
    [
        ("copied_not_frozen", {"freeze": False}),
        ("not_copied", {"copies": lambda copied: []}),
        ("always_both", {"copies": lambda copied: [0, 1]}),
        ("always_the_first", {"copies": lambda copied: range(max(copied, default=-1) + 1)}),
    ],
)
def test_a_mistake_is_recognised_although_other_random_numbers_are_drawn(name, version):
    got = answer("reuse_layers", reuse_with(skip=1, **version))
    assert (got.verdict, got.misconception) == ("wrong", name)


VARIANTS = {
    "as MLP starts": {},
    "Glorot": {"spread": lambda n, m: np.sqrt(2 / (n + m))},
    "LeCun": {"spread": lambda n, m: np.sqrt(1 / n)},
    "as PyTorch": {"spread": lambda n, m: np.sqrt(1 / (3 * n))},
    "a tenth": {"spread": lambda n, m: 0.1},
    "a hundredth": {"spread": lambda n, m: 0.01},
    "one": {"spread": lambda n, m: 1.0},
    "whole batches": {"batch": 100},
    "small batches": {"batch": 10},
    "fewer epochs": {"epochs": 40},
    "momentum": {"optimizer": Momentum, "lr": 0.05},
    "RMSProp": {"optimizer": RMSProp},
}


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_ranges_are_four_standard_deviations_away_from_whoever_trains_differently(variant):
    for problems in ((0, 1, 2), (3, 4, 5, 6, 7)):
        measure = tried.accuracies(*problems)
        found = [measure(None, local(reuse_with(skip=skip, **VARIANTS[variant]))) for skip in range(12)]
        for name, (low, high) in tried.RANGES.items():
            mean, spread = (statistic([f[name] for f in found]) for statistic in (np.mean, np.std))
            assert low < mean - 4 * spread and mean + 4 * spread < high, (problems, name, mean, spread)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("variant", VARIANTS)
def test_layers_that_are_dead_or_alive_are_so_for_whoever_trains_differently(variant):
    handle = local(reuse_with(**VARIANTS[variant]))
    for seed in range(200):
        assert all(tried.dead_and_alive(np.random.default_rng(seed), handle).values()), seed


# ---------------------------------------------------------------- the notebook and the checks are of one mind


def source(cell_id: str) -> str:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return next("".join(c["source"]) for c in cells if c["id"] == cell_id)


def test_the_pairs_of_the_broken_run_are_right_as_pairs_and_leak():
    names = {"np": np}
    exec(source("broken-pairs"), names)
    X, y = paired.labelled(np.random.default_rng(0), 6, 6)
    facts = [paired.pair_facts(f(X, y, 60, np.random.default_rng(1)), X, y, 60) for f in (
        lambda X, y, n, rng: names["broken_pairs"](X, y, [5, 6], n, rng), make_pairs)]  # fmt: skip
    assert facts[0] == facts[1]
    assert answer("debug_transfer_and_pretraining", "labels_leak", names["broken_pairs"]).misconception == "not_mended"


def test_every_fault_on_the_list_has_an_answer():
    task = source("debug_transfer_and_pretraining-question")
    listed = {line.split("`")[1].strip('"') for line in task.splitlines() if line.startswith('| `"')}
    named = {m.objects[0] for m in EXERCISES["debug_transfer_and_pretraining"].mistakes}
    assert listed == set(ref.FAULTS) == named - {""}


def test_the_layer_of_the_notebook_steps_as_the_one_of_the_check():
    names = {"np": np}
    exec(source("copy_layers-code").split("def copy_layers")[0], names)
    assert answer("copy_layers", ref.copy_layers, names["Dense"]).verdict == "pass"
    layers = [dense(np.ones((2, 3)), np.ones(3)) for dense in (names["Dense"], ref.Dense)]
    for layer in layers:
        layer.step(np.full((2, 3), 2.0), np.arange(3.0), 0.5)
    np.testing.assert_array_equal(layers[0].W, layers[1].W)
    np.testing.assert_array_equal(layers[0].b, layers[1].b)


def test_a_fault_that_is_not_on_the_list_is_told_so():
    for fault in ("", "Leak!", None, 3, ["labels_leak"]):
        got = answer("debug_transfer_and_pretraining", fault, ref.pairs_to_pretrain)
        assert got.misconception == "named_nothing"
