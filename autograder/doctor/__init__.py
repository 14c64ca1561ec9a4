"""Attacks of the grader on its own sandbox: what could a submission do on this machine?

The attacks (`files`, `network`, `processes`, `kernel`, `limits`) are functions ``attack(told) -> bool``: True where it
succeeded. They run in the sandbox, as a submission does. `examination` runs them; `table` shows what came of it.
"""
