from __future__ import annotations

from pathlib import Path

import pytest

from deep_photo_enhancer.errors import ConfigError
from deep_photo_enhancer.training.config import TrainConfig, from_dict, load_config

RECIPE = """
data:
  labels: [photos]
  flattening:
    contrast: [0.5, 1]
optimiser:
  learning_rate: 1e-3
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE)
    return path


def test_values_get_the_types_of_their_fields(recipe: Path) -> None:
    config = load_config(recipe)
    assert config.optimiser.learning_rate == 0.001  # YAML reads 1e-3 as text
    assert config.data.labels == ("photos",)
    assert config.data.flattening.contrast == (0.5, 1.0)
    assert config.network.image_size == 512
    assert config.data.inputs == ()


def test_settings_reach_into_sections_that_the_recipe_has_and_has_not(recipe: Path) -> None:
    config = load_config(
        recipe,
        [
            "run=elsewhere",
            "optimiser.learning_rate=2e-4",
            "data.flattening.contrast=[0.7, 0.9]",
            "network.image_size=128",
            "data.labels=one",
            "data.cache=null",
        ],
    )
    assert config.run == "elsewhere"
    assert config.optimiser.learning_rate == 0.0002
    assert config.data.flattening.contrast == (0.7, 0.9)
    assert config.network.image_size == 128
    assert config.data.labels == ("one",)
    assert config.data.cache is None


def test_the_dictionary_saved_with_a_checkpoint_builds_the_same_configuration(recipe: Path) -> None:
    config = load_config(recipe, ["data.label_statistics=[110, 49, 185, 47]"])
    assert from_dict(TrainConfig, config.to_dict()) == config


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("learning_rate=1", r"^learning_rate: no such setting; known here: data, method, run, seed"),
        ("optimiser.momentum=1", r"^optimiser\.momentum: no such setting; known here: steps, batch_size"),
        ("data.flattening.hue=1", r"^data\.flattening\.hue: no such setting"),
        ("optimiser.steps=many", r"^optimiser\.steps: needs a value of type int, not 'many'"),
        ("optimiser.steps=1.5", r"^optimiser\.steps: needs a value of type int, not 1\.5"),
        ("optimiser.steps=true", r"^optimiser\.steps: needs a value of type int, not True"),
        ("optimiser.learning_rate=fast", r"^optimiser\.learning_rate: needs a value of type float, not 'fast'"),
        ("optimiser.learning_rate=true", r"^optimiser\.learning_rate: needs a value of type float, not True"),
        ("data.flip=1", r"^data\.flip: needs a value of type bool, not 1"),
        ("run=5", r"^run: needs a value of type str, not 5"),
        ("data.inputs=5", r"^data\.inputs: needs a value of type str, not 5"),
        ("data.flatten_inputs=true", r"^data: flatten_inputs needs inputs"),
        ("data.labels=[a, 3]", r"^data\.labels: needs a value of type str, not 3"),
        ("data.flattening.contrast=[1]", r"^data\.flattening\.contrast: needs 2 values, not \[1\]"),
        ("data.flattening.contrast=[1, 0.5]", r"^data\.flattening: contrast is a range from low to high"),
        ("network=512", r"^network: a section of settings, not 512"),
        ("network.image_size=500", r"^network: image_size must be a positive multiple of 64, not 500"),
        (
            "network.architecture=resnet",
            r"^network: architecture is one of global-unet, unet, dped, 8resblk, fcn, crn, not resnet$",
        ),
        ("network.width=0.5", r"^network: width is for dped, 8resblk, fcn, crn; the U-Nets have the paper's channels$"),
        ("network.width=0", r"^network: width must be above 0, not 0"),
        ("start_strength=2", r"^recipe: start_strength must be from 0 to 1, not 2"),
        ("start_strength=-0.1", r"^recipe: start_strength must be from 0 to 1, not -0\.1"),
        ("start_strength=.nan", r"^recipe: start_strength must be from 0 to 1, not nan"),
        ("optimiser.steps=0", r"^optimiser: steps must be at least 1, not 0"),
        ("optimiser.batch_size=-1", r"^optimiser: batch_size must be at least 1"),
        ("optimiser.learning_rate=0", r"^optimiser: learning_rate must be above 0"),
        ("optimiser.learning_rate=.nan", r"^optimiser: learning_rate must be above 0"),
        ("optimiser.average=1", r"^optimiser: average lies in \[0, 1\), not 1"),
        ("optimiser.betas=[0.9]", r"^optimiser\.betas: needs 2 values, not \[0\.9\]"),
        ("optimiser.betas=[0.5, 1]", r"^optimiser: betas lie in \[0, 1\), not \(0\.5, 1\.0\)"),
        ("method=both", r"^recipe: method is one of supervised, one_way, two_way, not both"),
        ("gan.objective=wgan", r"^gan: objective is one of gan, lsgan, dragan, wgan-gp, a-wgan, not wgan$"),
        ("gan.alpha=-1", r"^gan: alpha must be at least 0, not -1"),
        ("gan.alpha=.nan", r"^gan: alpha must be at least 0, not nan"),
        ("gan.penalty_weight=0", r"^gan: penalty_weight must be above 0, not 0"),
        ("gan.cycle=l2", r"^gan: cycle is mse or l1, not l2$"),
        ("gan.cycle_weight=-1", r"^gan: cycle_weight must be at least 0, not -1"),
        ("gan.critic=pixel", r"^gan: critic is paper, pooled or patch, not pixel$"),
        ("gan.critic=patch", r"^gan: critic patch has no one score whose gradient a-wgan could punish; use gan or lsgan$"),
        ("gan.penalty_floor=-1", r"^gan: penalty_floor must be at least 0, not -1"),
        ("gan.penalty_window=0", r"^gan: penalty_window must be at least 1, not 0$"),
        ("gan.warm_up=-1", r"^gan: warm_up must be at least 0, not -1$"),
        ("gan.inverse_steps=1", r"^recipe: gan.inverse_steps needs method two_way: the others have no G_Y$"),
        ("gan.critic_steps=0", r"^gan: critic_steps must be at least 1, not 0"),
        ("gan.critic_learning_rate=0", r"^gan: critic_learning_rate must be above 0, not 0"),
        ("machine.precision=fp8", r"^machine: precision is fp32, bf16 or fp16, not fp8"),
        ("machine.precision=fp16", r"^machine: precision fp16 needs device cuda"),
        ("machine.workers=-1", r"^machine: workers must be at least 0"),
        ("data.fit=stretch", r"^data: fit is pad or crop, not stretch"),
        ("log_every=0", r"^recipe: log_every must be at least 1"),
        ("resume", r"^--set resume: write it as key=value"),
        ("run.name=a", r"^run: a section|^run: needs a value of type str"),
        ("data.labels.first=a", r"^--set data\.labels\.first=a: labels is not a section"),
        ("run=[a", r"^--set run=\[a: cannot read the value"),
    ],
)
def test_a_wrong_setting_is_an_error_that_says_what_is_wrong(recipe: Path, setting: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_config(recipe, [setting])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["start_strength=0.5"], r"^recipe: start_strength weakens start_from; set start_from"),
        (["network.individual_batch_norm=true"], r"^recipe: network\.individual_batch_norm needs method two_way"),
        (
            ["method=one_way", "network.individual_batch_norm=true"],
            r"^recipe: network\.individual_batch_norm needs method two_way",
        ),
        (["method=one_way", "optimiser.accumulate=2"], r"^recipe: optimiser\.accumulate is for the supervised method"),
        (["method=two_way", "optimiser.accumulate=2"], r"^recipe: optimiser\.accumulate is for the supervised method"),
    ],
)
def test_settings_that_do_not_go_together_are_an_error(recipe: Path, settings: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_config(recipe, settings)


def test_settings_of_a_gan_are_taken(recipe: Path) -> None:
    config = load_config(
        recipe, ["method=two_way", "network.individual_batch_norm=true", "gan.critic_learning_rate=1e-4", "data.inputs=[a, b]"]
    )
    assert config.gan.critic_learning_rate == 0.0001
    assert config.data.inputs == ("a", "b")
    assert load_config(recipe, ["gan.critic_learning_rate=null"]).gan.critic_learning_rate is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("data: {labels: [a", "not valid YAML"),
        ("- a\n- b\n", "a recipe is a list of `key: value` lines"),
        ("", "^data: missing from the recipe"),
        ("run: here\n", "^data: missing from the recipe"),
        ("data:\n", "^data: a section of settings, not None"),
        ("data: {labels: [a]}\n1: 2\nother: 3\n", "^1: no such setting"),
        ("data: {}\n", "^data: labels must name at least one folder"),
    ],
)
def test_a_wrong_recipe_is_an_error_that_says_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_config(path)


def test_a_recipe_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: cannot read this recipe"):
        load_config(tmp_path / "nowhere.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"run: caf\xe9\n")
    with pytest.raises(ConfigError, match=r"latin\.yaml: not a text file in UTF-8"):
        load_config(tmp_path / "latin.yaml")
