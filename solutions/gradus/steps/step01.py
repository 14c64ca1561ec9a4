"""Step 1: a variable is a box.

A Variable holds an array, and another array can be put into it. Whatever is worked out with the array has to be put
back by hand: no function knows boxes yet.
"""

import numpy as np


class Variable:
    """A box that holds an array."""

    def __init__(self, data: np.ndarray) -> None:
        self.data = data


def main() -> None:
    x = Variable(np.array(1.0))
    print(x.data)
    x.data = np.array(2.0)
    print(x.data)


if __name__ == "__main__":
    main()
