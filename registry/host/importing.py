"""Import a plugin's code from the bytes that were read and approved, and from nowhere else.

No compiled file is read or written, so that a planted one never runs, and a file changed after it
was approved is not seen until it has been approved anew.
"""

import sys
from collections.abc import Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec, spec_from_loader
from types import CodeType, ModuleType

from registry.host.manifest import Found

PACKAGE = "registry_plugins"
_compiled: dict[tuple[str, str], CodeType] = {}


class _Source(Loader):
    def __init__(self, found: Found, path: str) -> None:
        self._found = found
        self._path = path

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        key = (self._found.file_digests[self._path], str(self._found.manifest.folder / self._path))
        if key not in _compiled:
            source = self._found.files[self._path]
            _compiled[key] = compile(source, key[1], "exec", dont_inherit=True)
        exec(_compiled[key], module.__dict__)  # noqa: S102 - it is what a loader does


class _Finder(MetaPathFinder):
    """Finds ``registry_plugins.<name>`` and what is below it among the plugin's own files."""

    def __init__(self) -> None:
        self.known: dict[str, Found] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, _dot, inner = fullname.partition(".")
        name, _dot, inner = inner.partition(".")
        if package != PACKAGE or name not in self.known:
            return None
        return self._spec(fullname, self.known[name], inner.replace(".", "/"))

    def _spec(self, fullname: str, found: Found, inner: str) -> ModuleSpec | None:
        package = f"{inner}/__init__.py" if inner else "__init__.py"
        for path, is_package in ((package, True), (f"{inner}.py", False)):
            if path in found.files:
                spec = spec_from_loader(fullname, _Source(found, path), is_package=is_package)
                if spec is not None:
                    spec.origin = str(found.manifest.folder / path)
                    spec.has_location = True
                    spec.cached = None
                return spec
        return None


_finder = _Finder()


def module_name(name: str) -> str:
    return f"{PACKAGE}.{name}"


def import_plugin(found: Found) -> ModuleType:
    """:raises ModuleNotFoundError: when there is no ``__init__.py``; else what the code raises."""
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)
    sys.modules.setdefault(PACKAGE, ModuleType(PACKAGE)).__path__ = []
    name = module_name(found.name)
    forget(found.name)
    _finder.known[found.name] = found
    spec = _finder.find_spec(name, None)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError("there is no __init__.py")
    module = module_from_spec(spec)
    module.__file__ = spec.origin
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        forget(found.name)
        raise
    return module


def forget(name: str) -> None:
    """Take a plugin's modules out, so that the next import begins anew."""
    whole = module_name(name)
    for known in list(sys.modules):
        if known == whole or known.startswith(whole + "."):
            sys.modules.pop(known, None)


def sources(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The Python files among a plugin's files."""
    return {path: text for path, text in files.items() if path.endswith(".py")}
