"""Hostile: says that he has passed, and gives back arrays and dicts that say yes to everything."""

# %% capstone_engine-code
class Yes(float):
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    __hash__ = float.__hash__

    def __sub__(self, other):
        return 0.0

    __rsub__ = __sub__


class Variable:
    """Lies about its gradient."""

    def __init__(self, data):
        self.data = data

    grad = property(lambda self: Yes(64.0), lambda self, value: None)

    def backward(self):
        pass


class Function:
    def __call__(self, *inputs):
        return Variable(self.forward(*[x.data for x in inputs]))

# %% capstone_sanity-code
class Fine(dict):
    def __eq__(self, other):
        return True

    def __getitem__(self, key):
        return (Yes(0.0), True)


def sanity_checks(start, loss, train, X, y, lam):
    return Fine(initial=(Yes(0.0), True), penalty=(Yes(0.0), True), tiny=(Yes(0.0), True))

# %% + capstone_network-code
import autograder

autograder.passed = lambda exercise: True
autograder.PASSED = {"capstone_engine", "capstone_network"}

# %% capstone_network-code
class Right(np.ndarray):
    """Equal to everything."""

    def __eq__(self, other):
        return np.ones(np.shape(other), bool)

    def __matmul__(self, other):
        return self

    def argmax(self, *args, **kwargs):
        return self


def design():
    return {"hidden": [8, 8], "epochs": 1, "batch_size": 64, "lr_max": 0.01, "dropout": 0.0, "l2": 0.0}


def train(X, y, rng):
    sizes = [64, 8, 8, 10]
    ones = [np.ones(8).view(Right), np.ones(8).view(Right)]
    W = [np.ones(shape).view(Right) for shape in zip(sizes[:-1], sizes[1:])]
    return {"W": W, "b": np.ones(10).view(Right), "gamma": ones, "beta": ones, "mean": ones, "var": ones}
