"""What to do when training diverges."""

ADVICE = (
    "the last good checkpoint is kept: start from it with a lower learning rate "
    "(--set start_from=... --set optimiser.learning_rate=...)"
)
GAN_ADVICE = f"{ADVICE}, or with more critic steps (--set gan.critic_steps=...)"
