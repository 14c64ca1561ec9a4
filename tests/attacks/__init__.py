"""The attacks and accidents that the grader must survive, carried out.

`list.toml` is the list: number, section, title, how, and what a correct grader does. Each entry has its submissions in
`corpus/`, a module a section (X and Y: attacks that are not on the list); what is no submission names its test.

What is attacked is the real command line in a course folder made for it (`attacked_course.py`): an assignment of seven exercises
of different kinds (`arena.py`, `arena_checks.py`), honest students, and a marker in everything that is secret. After every run
the invariants of `invariants.py` are held against it: no unearned mark, honest marks as where nobody attacks, no file
changed, no process left, an innocent process alive, silence at every socket, no marker in anything that a student may see.

    test_list           none of the list is forgotten
    test_alone          each attack with one victim
    test_together       each before an honest submission; all of them shuffled into a class; a few (in `make test`)
    test_isolation_off  the harness is proved: without confinement the attacks that need it win

An attack that has won says so: `kit.py` is the first cell of each, and what it calls `won` turns up in the student's own
feedback, in a file or at a socket, and so in the invariants. To write one down: see `harness.entry` and `harness.handin`.
`make attacks` runs everything.
"""
