"""A gradebook as text, to be compared with another: every row of every table, whatever the database and its random ids."""

from __future__ import annotations

from typing import Any

from sqlalchemy import MetaData, create_engine

NAMED_BY = {  # table -> the columns that tell its rows apart; all of them names, or references to rows that have one
    "assignment": ("name",),
    "notebook": ("assignment_id", "name"),
    "base_cell": ("notebook_id", "type", "name"),
    "source_cell": ("notebook_id", "cell_type", "name"),
    "submitted_assignment": ("assignment_id", "student_id"),
    "submitted_notebook": ("assignment_id", "notebook_id"),
}
NAMELESS = ("grade", "comment")  # nothing refers to their random ids


def dump(url: str) -> list[str]:
    """One line a row, in order: ``grade: auto_score=3.0, cell_id=(…, compute_fans), …``."""
    engine, metadata = create_engine(url), MetaData()
    metadata.reflect(engine)
    names: dict[str, str] = {}
    lines = []
    with engine.connect() as connection:
        rows = {table: list(connection.execute(table.select()).mappings()) for table in metadata.sorted_tables}
    engine.dispose()
    for table, found in rows.items():  # a table comes after those it refers to
        for row in found:
            told = {column: names.get(value, value) for column, value in row.items()}
            if table.name in NAMED_BY:
                name = f"({', '.join(str(told[column]) for column in NAMED_BY[table.name])})"
                names[row["id"]] = told["id"] = name
            elif table.name in NAMELESS:
                del told["id"]
            else:  # solution_cell and the like share the id of their base_cell
                told = {column: names.get(value, value) for column, value in told.items()}
            lines.append(f"{table.name}: {', '.join(f'{c}={shown(told[c])}' for c in sorted(told))}")
    return sorted(lines)


def shown(value: Any) -> str:
    return repr(float(value)) if isinstance(value, (int, float)) else str(value)  # SQLite has no booleans
