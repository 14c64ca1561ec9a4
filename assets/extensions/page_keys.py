"""What a page's figures depend on besides its own code: the locked environment and the project modules it imports.

jupyter-cache knows a notebook's code and nothing else: change `gradus` and the pages keep their old figures. So every
executed notebook also gets a key, the hash of `requirements.txt` and of the sources of those modules of `gradus` and
`autograder` that it imports, directly or through others. The keys of the last execution lie beside the cache; where a key has
changed, the cached outputs are forgotten and the page executes again, and no other.

Imports are read from the source (`ast`), wherever they stand. A bare `import gradus` counts as all of the package; a module
named only in a string, as in `importlib.import_module("gradus.data")`, is not seen.
"""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from pathlib import Path

PACKAGES = {"gradus": Path("solutions/gradus"), "autograder": Path("autograder")}
LOCK = Path("requirements.txt")
KEYS_FILE = "page_keys.json"


def project_modules(root: Path) -> dict[str, Path]:
    """Dotted name → file, for every module of the project's packages under `root`."""
    modules = {}
    for package, folder in PACKAGES.items():
        for path in sorted((root / folder).rglob("*.py")):
            parts = (package, *path.relative_to(root / folder).with_suffix("").parts)
            modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return modules


def notebook_code(path: Path) -> str:
    """The notebook's code cells as one Python source, without magics and shell lines."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    lines = []
    for cell in cells:
        if cell["cell_type"] == "code" and not "".join(cell["source"]).startswith("%%"):
            lines += "".join(cell["source"]).splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith(("%", "!")))


def imported_names(source: str, package: str = "") -> set[str]:
    """Dotted names that a source imports; relative imports are resolved in `package`. `from a import b` gives `a.b`."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {f"{alias.name}.*" if alias.name in PACKAGES else alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            prefix = ".".join([*base, *([node.module] if node.module else [])])
            names |= {f"{prefix}.{alias.name}" for alias in node.names}
    return names


class ImportGraph:
    """Which project modules a source needs, with the modules that those need in turn."""

    def __init__(self, root: Path) -> None:
        self.modules = project_modules(root)
        self.sources = {name: path.read_bytes() for name, path in self.modules.items()}
        packages = {
            name: name if path.stem == "__init__" else name.rpartition(".")[0] for name, path in self.modules.items()
        }
        self.imports = {name: imported_names(text.decode(), packages[name]) for name, text in self.sources.items()}

    def resolve(self, dotted: str) -> set[str]:
        """The modules behind one imported name: a module, a name defined in one, or a name that a package passes on."""
        head, _, last = dotted.rpartition(".")
        if last == "*" and head in PACKAGES:
            return {name for name in self.modules if name.split(".")[0] == head}
        if dotted in self.modules:
            return {dotted}
        if head not in self.modules:
            return set()
        passed_on = {name for name in self.imports[head] if name.rpartition(".")[2] == last and name != dotted}
        return {head}.union(*(self.resolve(name) for name in passed_on))

    def needed(self, source: str) -> set[str]:
        """Every project module that running `source` depends on.

        The `__init__` of `gradus` and of `autograder` is needed by all who import from the package; what it imports, only
        by those who ask for that. Otherwise every page would depend on everything.
        """
        found: set[str] = set()
        queue = set().union(*(self.resolve(name) for name in imported_names(source)))
        while queue:
            name = queue.pop()
            if name in found:
                continue
            found.add(name)
            queue |= {name.rsplit(".", i)[0] for i in range(1, name.count(".") + 1)} & set(self.modules)
            if name not in PACKAGES:
                queue |= set().union(*(self.resolve(imported) for imported in self.imports[name])) - found
        return found


def page_keys(root: Path, notebooks: dict[str, Path]) -> dict[str, str]:
    """Document name → key, for the given notebooks (document name → file)."""
    graph = ImportGraph(root)
    common = hashlib.sha256(f"python {sys.version_info[0]}.{sys.version_info[1]}".encode())
    if (root / LOCK).is_file():
        common.update((root / LOCK).read_bytes())
    keys = {}
    for document, path in notebooks.items():
        try:
            needed = graph.needed(notebook_code(path))
        except SyntaxError:  # executing the page will say where
            needed = set(graph.modules)
        key = common.copy()
        for name in sorted(needed):
            key.update(f"\n{name} {hashlib.sha256(graph.sources[name]).hexdigest()}".encode())
        keys[document] = key.hexdigest()
    return keys


def read_keys(cache_folder: Path) -> dict[str, str]:
    """The keys with which the pages were last executed; {} where nothing was."""
    path = Path(cache_folder) / KEYS_FILE
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def record_key(cache_folder: Path, document: str, key: str) -> None:
    """Note that `document` was executed with `key`."""
    keys = read_keys(cache_folder) | {document: key}
    Path(cache_folder).mkdir(parents=True, exist_ok=True)
    path = Path(cache_folder) / KEYS_FILE
    path.with_suffix(".tmp").write_text(json.dumps(keys, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    path.with_suffix(".tmp").replace(path)
