"""Takes the isolation away from a grading run, to prove that the harness would notice.

Python runs this file where its folder is on PYTHONPATH. The grader itself has no such switch.
"""

import sys


class Unconfined:
    """Finds `autograder.sandbox.starting` as everybody does, and has its warm processes started without layers."""

    def find_spec(self, name, path=None, target=None):
        if name != "autograder.sandbox.starting":
            return None
        sys.meta_path.remove(self)
        import importlib.util

        spec = importlib.util.find_spec(name)
        load = spec.loader.exec_module

        def exec_module(module):
            load(module)
            start = module.Warm.__init__
            module.Warm.__init__ = lambda self, modules, imports, layers: start(self, modules, imports, ())

        spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, Unconfined())
