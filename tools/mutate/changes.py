"""The small changes that are tried on a module, one at a time: the mistakes that people make in rules.

A change never touches annotations, decorators, docstrings or the wording of an error: none of them decides anything.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

_COMPARISONS: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitXor: ast.BitOr,
}
_OPPOSITES: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}
_WORDING: Final = ("description", "title", "examples", "help")
_TYPES: Final = ("Literal", "NewType", "TypeVar")
_DEFINITIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Change:
    """One change in one module."""

    path: str
    """Below the root."""
    function: str
    """The outermost function that holds it, by its qualified name; empty for what is run at import."""
    line: int
    """The first line of the statement."""
    last_line: int
    """The last one, without the statements that it holds."""
    before: str
    after: str
    place: tuple[int, int]
    """The node by `ast.walk`, and which of its changes."""
    same: int = 0
    """How many changes of the module before it are called the same."""

    @property
    def key(self) -> tuple[object, ...]:
        """What it changes, wherever the lines have moved to."""
        return (self.path, self.function, self.before, self.after, self.same)

    @property
    def name(self) -> str:
        """As people read it."""
        return f"{self.path}:{self.line} {self.function or '(module)'}: {self.before} -> {self.after}"


def changes_of(path: Path, root: Path) -> list[Change]:
    """Every change of a module, in the order of its lines."""
    tree = ast.parse((root / path).read_text("utf-8"))
    surroundings = _Surroundings(tree)
    found = []
    for index, node in enumerate(ast.walk(tree)):
        if not surroundings.may_change(node):
            continue
        function = surroundings.function(node)
        if not function and isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            continue  # a type
        for variant, new in enumerate(_variants(node, surroundings.parents.get(node))):
            first, last = _lines(surroundings.statement(node))
            before, after = (" ".join(ast.unparse(one).split()) for one in (node, new))
            found.append(Change(path.as_posix(), function, first, last, before, after, (index, variant)))
    found.sort(key=lambda change: (change.line, change.place))
    seen: Counter[tuple[object, ...]] = Counter()
    numbered = []
    for change in found:
        numbered.append(replace(change, same=seen[change.key]))
        seen[change.key] += 1
    return numbered


def changed_tree(source: str, change: Change) -> ast.Module:
    """The module with the change in it."""
    tree = ast.parse(source)
    parents = _Surroundings(tree).parents
    index, variant = change.place
    node = next(one for at, one in enumerate(ast.walk(tree)) if at == index)
    new = list(_variants(node, parents.get(node)))[variant]
    ast.copy_location(new, node)
    parent = parents[node]
    for name, value in ast.iter_fields(parent):
        if value is node:
            setattr(parent, name, new)
        elif isinstance(value, list):
            setattr(parent, name, [new if one is node else one for one in value])
    return ast.fix_missing_locations(tree)


def _variants(node: ast.AST, parent: ast.AST | None) -> Iterator[ast.AST]:
    if isinstance(node, ast.expr) and _is_condition(node, parent):
        if not isinstance(parent, ast.While):
            yield ast.Constant(True)
        yield ast.Constant(False)
    match node:
        case ast.Compare(left, ops, comparators):
            for at, one in enumerate(ops):
                others = _COMPARISONS[type(one)]
                # A condition is tried as always and never true already, which says more than its opposite.
                for other in others[:1] if _is_condition(node, parent) else others:
                    if len(others) > 1 or not _is_condition(node, parent):
                        yield ast.Compare(left, [*ops[:at], other(), *ops[at + 1 :]], comparators)
        case ast.BoolOp(op, values):
            for at in range(len(values)):
                left_over = [*values[:at], *values[at + 1 :]]
                yield left_over[0] if len(left_over) == 1 else ast.BoolOp(op, left_over)
        case ast.UnaryOp(ast.Not(), operand) if not _is_condition(node, parent):
            yield operand
        case ast.BinOp(left, ast.BitOr(), right):
            yield left
            yield right
        case ast.BinOp(left, op, right) if type(op) in _ARITHMETIC:
            yield ast.BinOp(left, _ARITHMETIC[type(op)](), right)
        case ast.AugAssign(target, op, value):
            opposite = _ARITHMETIC.get(type(op))
            yield ast.AugAssign(target, opposite(), value) if opposite else ast.Pass()
        case ast.Constant(value):
            yield from (ast.Constant(other) for other in _other_values(value))
        case ast.JoinedStr():
            yield ast.Constant("")
        case ast.Return(value) if value is not None and not _is_no(value):
            yield ast.Return(ast.Constant(None))
        case ast.Raise():
            yield ast.Pass()
        case ast.Expr(ast.Call() | ast.Await()) | ast.Delete():
            yield ast.Pass()
        case ast.Assign([ast.Attribute() | ast.Subscript()]):
            yield ast.Pass()
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Continue()
        case ast.Name(name, ast.Load()) if name in _OPPOSITES and isinstance(parent, ast.Call):
            yield ast.Name(_OPPOSITES[name], ast.Load())
        case ast.match_case(pattern, None, body) if not _is_last(node, parent):
            yield ast.match_case(pattern, ast.Constant(False), body)
        case ast.ExceptHandler(ast.Tuple(elts, context), name, body):
            for at in range(len(elts)):
                yield ast.ExceptHandler(ast.Tuple([*elts[:at], *elts[at + 1 :]], context), name, body)


def _other_values(value: object) -> tuple[bool | float | str | bytes, ...]:
    match value:
        case bool():
            return (not value,)
        case int() | float():
            return (value + 1,)
        case str():
            return ("" if value else "changed",)
        case bytes():
            return (b"" if value else b"changed",)
        case _:
            return ()


def _is_condition(node: ast.expr, parent: ast.AST | None) -> bool:
    match parent:
        case ast.If(test) | ast.IfExp(test) | ast.While(test):
            return test is node
        case ast.comprehension(ifs=ifs):
            return any(node is one for one in ifs)
        case ast.match_case(guard=guard):
            return guard is node
        case _:
            return False


def _is_last(case: ast.match_case, parent: ast.AST | None) -> bool:
    return isinstance(parent, ast.Match) and parent.cases[-1] is case


def _is_no(node: ast.expr) -> bool:
    """None is as much a no as False is."""
    return isinstance(node, ast.Constant) and (node.value is None or node.value is False)


def _lines(node: ast.AST) -> tuple[int, int]:
    """From the first line of a statement to its last, or to the line before its body."""
    if isinstance(node, ast.match_case):
        return node.pattern.lineno, (node.guard or node.pattern).end_lineno or node.pattern.lineno
    first = node.lineno if isinstance(node, ast.stmt | ast.ExceptHandler) else 0
    if isinstance(node, ast.If | ast.While):
        return first, node.test.end_lineno or first
    if isinstance(node, ast.For | ast.AsyncFor):
        return first, node.iter.end_lineno or first
    body = getattr(node, "body", None)
    if isinstance(body, list):
        return first, max(first, body[0].lineno - 1)
    return first, getattr(node, "end_lineno", None) or first


class _Surroundings:
    """Where each node of a module stands."""

    def __init__(self, tree: ast.Module) -> None:
        self.parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}

    def above(self, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
        """Each node above, beside the one below it."""
        while (parent := self.parents.get(node)) is not None:
            yield parent, node
            node = parent

    def statement(self, node: ast.AST) -> ast.AST:
        """The nearest statement, or handler."""
        holders = ast.stmt | ast.ExceptHandler | ast.match_case
        return (
            node
            if isinstance(node, holders)
            else next(one for one, _ in self.above(node) if isinstance(one, holders))
        )

    def function(self, node: ast.AST) -> str:
        """The qualified name of the outermost function in whose body the node stands."""
        names: list[str] = []
        for parent, below in self.above(node):
            if isinstance(parent, _DEFINITIONS) and any(below is one for one in parent.body):
                names = [parent.name]
            elif isinstance(parent, ast.ClassDef) and names:
                names.insert(0, parent.name)
        return ".".join(names)

    def may_change(self, node: ast.AST) -> bool:
        """Whether the node decides anything."""
        if isinstance(node, ast.Constant) and isinstance(self.parents.get(node), ast.Expr | ast.JoinedStr):
            return False
        if isinstance(node, ast.Name) and node.id == "TYPE_CHECKING":
            return False
        return not any(_decides_nothing(parent, below, node) for parent, below in self.above(node))


def _decides_nothing(parent: ast.AST, below: ast.AST, node: ast.AST) -> bool:
    match parent:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return below is parent.returns or any(below is one for one in parent.decorator_list)
        case ast.ClassDef():
            return any(below is one for one in parent.decorator_list)
        case ast.AnnAssign() | ast.arg():
            return below is parent.annotation
        case ast.Assign([ast.Name("__all__")]):
            return True
        case ast.Raise():
            return isinstance(node, ast.Constant | ast.JoinedStr)
        case ast.FormattedValue():
            return below is parent.format_spec
        case ast.keyword(name):
            return name in _WORDING
        case ast.Subscript(ast.Name(name)) | ast.Call(ast.Name(name)):
            return name in _TYPES
        case _:
            return False
