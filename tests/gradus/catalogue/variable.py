"""gradus.variable"""

from gradus import variable

from . import ELEMENTWISE, Entry

ENTRIES = [
    Entry(
        variable.Variable,
        lambda rng, dtype: {"data": rng.standard_normal((3, 4)).astype(dtype), "name": "x"},
        oracles={
            "random graphs in PyTorch": "test_random_graphs.py::test_gradients_of_random_graphs_are_those_of_pytorch",
            "the complex step": "test_variable.py::test_random_graphs_agree_with_the_complex_step",
            "the worked example of the slides": "test_variable.py::test_the_worked_example_of_the_steps",
        },
        bad={"data": [1.0, [1.0], "text"]},
        fine={
            "data": ELEMENTWISE | {"None": "a variable to be filled in later"},
            "name": {"unknown": "any name", "number": "any name", "None": "no name"},
        },
    ),
]
