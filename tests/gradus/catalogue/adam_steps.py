"""gradus.adam_steps"""

from gradus.adam_steps import adam_step, adamw_step

from .adaptive_steps import BAD, BY_HAND, DECAYS, KERAS, PYTORCH, entry

BAD["weight_decay"] = [-1, float("inf")]

ENTRIES = [
    entry(
        adam_step,
        {"torch.optim.Adam": PYTORCH, "keras.optimizers.Adam": KERAS} | BY_HAND,
        **DECAYS,
        eps_mode="hat",
    ),
    entry(
        adamw_step,
        {"torch.optim.AdamW": PYTORCH, "keras.optimizers.AdamW": KERAS} | BY_HAND,
        **DECAYS,
        weight_decay=0.1,
        eps_mode="inside",
    ),
]
