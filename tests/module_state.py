"""The program that finds state of modules: `python -m tests.module_state` prints a name a line.

It imports all modules of Tally but the pages. A name in capitals, or a type's, may be bound to what
is written down there, any other name only to what cannot change; and what caches its answers has to
be known. Whatever else a process has of its own belongs to `core.process.Process`.
"""

import ast
import importlib
import os
import pkgutil
import re
import sys
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import fields, is_dataclass
from enum import Enum
from logging import Logger
from pathlib import Path
from types import GenericAlias, ModuleType
from weakref import WeakKeyDictionary, WeakSet

PACKAGES = ("core", "etl", "dashboard")
# Programs that run when they are imported: a page's run, and one picture.
RUN = {"dashboard.main", "dashboard.pictures.renderer_program"}
FIXED = (type(None), bool, int, float, str, bytes, tuple, frozenset, re.Pattern, Logger, ContextVar)
STATEFUL = {"_thread", "anyio", "asyncio", "collections", "concurrent", "queue", "threading"}
# What is made once and never changes, though its class could.
CONSTANT = {
    "core.access.hashing._passwords": "parameters of argon2",
    "core.db.refresh_models.change_note": "the description of a table",
    "core.exports.receipts._sha256": "a part of a query",
    "core.manage.import_lines.ITEMS": "the columns of a file",
    "core.manage.import_lines.USERS": "the columns of a file",
    "core.telemetry.setup.tracer": "hands all on to the provider that an entry point sets",
    "core.text.folding._acute": "a table of characters",
    "core.text.folding._letters": "a table of characters",
    "dashboard.api.analytics.router": "routes",
    "dashboard.api.api": "the API and its routes",
    "dashboard.api.exports.router": "routes",
    "dashboard.api.items.router": "routes",
    "dashboard.api.users.router": "routes",
    "dashboard.asgi.app": "the application, which Streamlit wants by this name",
    "dashboard.asgi.served": "what the process has, by a shorter name",
    "dashboard.cli.app": "the commands",
    "dashboard.cli.err": "standard error",
    "dashboard.cli.out": "standard output",
    "dashboard.command.errors.err": "standard error",
    "dashboard.web.html_pages._templates": "templates, compiled once",
}
# The rest, each for a reason of its own.
OTHER = {
    "core.db.base.Base.type_annotation_map": "which column type a Python type has",
    "core.db.base.base": "a module of SQLAlchemy, which learns one more type",
    "core.process.global _current": "which process runs: where all of its state begins",
    "dashboard.sign_in.oidc_client.Metadata.id_token_signing_alg_values_supported": "a default",
    "dashboard.sign_in.oidc_client.Metadata.token_endpoint_auth_methods_supported": "a default",
}
# What is computed once of files that come with Tally and of arguments, so it is never outdated.
CACHED = {
    "core.access.hashing._decoy_hash": "a hash that no password has",
    "core.analytics.warehouse._fill_clauses": "a question in SQL",
    "core.calendar.zones.names": "the zones that Python and Polars know",
    "dashboard.charts.created._sparkline_shape": "a chart without its rows",
    "dashboard.charts.created._created": "a chart without its rows",
    "dashboard.charts.owners._curve": "a chart without its rows",
    "dashboard.charts.owners._distribution": "a chart without its rows",
    "dashboard.charts.owners._ranking": "a chart without its rows",
    "dashboard.charts.owners._ranks": "a chart without its rows",
    "dashboard.charts.refreshes._steps": "a chart without its rows",
    "dashboard.charts.refreshes._waterfall": "a chart without its rows",
    "dashboard.charts.trend._still": "a chart without its rows",
    "dashboard.charts.trend._trend": "a chart without its rows",
    "dashboard.shell.document.document": "Streamlit's document with our scripts",
    "dashboard.web.security_headers.content_security_policy": "the hash of Streamlit's script",
}


def kept(module: ModuleType) -> Iterator[str]:
    """Yield what a module keeps, but for what is known to be constant."""
    tree, values = ast.parse(Path(str(module.__file__)).read_text()), vars(module)
    for name in bound(tree.body):
        if not is_constant(name, values.get(name)):
            yield name
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield from (f"global {name}" for name in node.names)
        if isinstance(node, ast.ClassDef):
            yield from (f"{node.name}.{name}" for name in shared_by_instances(node))
    for name, value in values.items():
        if hasattr(value, "cache_info") and value.__module__ == module.__name__:
            yield name


def bound(statements: list[ast.stmt]) -> Iterator[str]:
    """Yield the names that statements assign to."""
    for node in statements:
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        for target in targets:
            yield from (each.id for each in ast.walk(target) if isinstance(each, ast.Name))


def is_constant(name: str, value: object) -> bool:
    """Tell whether a name of a module is bound to what does not change."""
    if is_stateful(value):
        return False
    bare = name.strip("_")
    return isinstance(value, FIXED) or bare[:1].isupper() or name == "__all__"


def is_stateful(value: object) -> bool:
    """Tell whether a value is there to be changed: a lock, a queue, an object of our own."""
    home = type(value).__module__.partition(".")[0]
    if isinstance(value, Enum | GenericAlias):
        return False
    if isinstance(value, dict | list | set) and not value:  # something is to come into it
        return True
    if is_dataclass(value) and type(value).__hash__ is not None:  # a frozen one
        return any(is_stateful(getattr(value, field.name)) for field in fields(value))
    if home in PACKAGES:
        return bool(getattr(value, "__dict__", None))
    return home in STATEFUL or isinstance(value, bytearray | WeakSet | WeakKeyDictionary)


def shared_by_instances(node: ast.ClassDef) -> Iterator[str]:
    """Yield the names that a class, and not its instances, binds to a collection."""
    for statement in node.body:
        value = getattr(statement, "value", None)
        if isinstance(value, ast.Dict | ast.List | ast.Set | ast.DictComp | ast.ListComp):
            yield from (name for name in bound([statement]) if name.islower())


def modules() -> Iterator[ModuleType]:
    """Yield all modules of Tally but those that run as they are imported."""
    for package in map(importlib.import_module, PACKAGES):
        yield package
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if found.name not in RUN:
                yield importlib.import_module(found.name)


def main() -> None:
    """Print what modules keep, and what is said to be kept and is not."""
    os.environ.update({"ENVIRONMENT": "local", "OTEL_TRACES_EXPORTER": "none"})
    found = {f"{module.__name__}.{name}" for module in modules() for name in kept(module)}
    known = {*CONSTANT, *CACHED, *OTHER}
    lines = [*(f"{name}\n" for name in found - known), *(f"no {name}\n" for name in known - found)]
    sys.stdout.write("".join(sorted(lines)))


if __name__ == "__main__":
    main()
